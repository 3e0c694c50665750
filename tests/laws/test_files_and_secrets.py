"""Laws 6, 7 and 8 on a real cloud, and the source that law 8 rests on."""

from __future__ import annotations

import ast
import difflib
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.content import Content
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cloud import Cloud

PACKAGE = Path(__file__).parents[2] / "setup_tool"
MAY_REVEAL = ("adapters", "editors", "node", "lab")


@pytest.fixture(scope="module")
def before(untouched: Cloud) -> dict[str, str]:
    """Each proxy's file before the first apply of this module."""
    return {node: untouched.proxy_conf(node).read_text() for node in ("proxy1", "proxy2")}


def test_law_7_a_file_changed_after_the_survey_is_planned_again_and_not_overwritten(
    untouched: Cloud, before: dict[str, str]
) -> None:
    """The second proxy's file is edited while the first one is being changed."""
    remark = "# written by hand while setup-tool was at work\n"
    operator = untouched.start("apply", "-i", untouched.inventory, "--yes")
    assert operator.stderr is not None
    said = []
    for line in operator.stderr:
        said.append(line)
        if line.strip() == "proxy1: transaction started":
            untouched.proxy_conf("proxy2").write_text(before["proxy2"] + remark)
    assert operator.wait(timeout=120) == 0, said
    untouched.assert_no_secret(*said)
    assert any("planning again" in line for line in said), said
    written = untouched.proxy_conf("proxy2").read_text()
    assert remark in written
    assert "[filter:s3token]" in written
    assert untouched.plan()["converged"] is True


def test_law_6_lines_outside_the_declared_options_stay_byte_for_byte(
    untouched: Cloud, before: dict[str, str]
) -> None:
    old, new = (
        before["proxy1"].splitlines(),
        untouched.proxy_conf("proxy1").read_text().splitlines(),
    )
    changes = [line for line in difflib.ndiff(old, new) if line[0] in "+-"]
    removed = [line[2:] for line in changes if line[0] == "-"]
    added = [line[2:] for line in changes if line[0] == "+"]
    assert len(removed) == 1
    assert removed[0].startswith("pipeline = ")
    assert added[0] == removed[0].replace("authtoken ", "authtoken s3api s3token ")
    assert [line.split(" = ")[0] for line in added[1:3]] == [
        "account_autocreate",
        "delay_auth_decision",
    ]


def test_law_6_owner_and_mode_of_a_file_are_kept(untouched: Cloud) -> None:
    conf = untouched.proxy_conf("proxy2")
    conf.chmod(0o640)
    old = conf.read_text()
    inventory = untouched.inventory_with(s3_location="elsewhere")
    untouched.run("apply", "-i", inventory, "--limit", "proxy2", "--yes")
    assert conf.read_text() != old
    assert stat.S_IMODE(conf.stat().st_mode) == 0o640


def test_law_8_no_secret_in_any_process_list_log_or_readable_file_during_a_run(
    untouched: Cloud,
) -> None:
    secrets = [secret.encode() for secret in untouched.secrets()]
    stop = threading.Event()
    found: list[str] = []
    samples = [0]

    def watch() -> None:
        while not stop.wait(0.02):
            samples[0] += 1
            for path, data in _process_texts():
                if any(secret in data for secret in secrets):
                    found.append(path)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        inventory = untouched.inventory_with(s3_location="another")
        ran = untouched.run_anew("apply", "-i", inventory, "--yes", "-vv")
    finally:
        stop.set()
        watcher.join()
    assert samples[0] > 10
    assert found == []
    untouched.assert_no_secret(ran.out, ran.err)
    for node in ("proxy1", "proxy2"):
        state = untouched.lab.layout.nodes / node / "var/lib/setup-tool"
        folders = [path for path in state.rglob("*") if path.is_dir()]
        files = [path for path in state.rglob("*") if path.is_file()]
        assert files, "a run leaves its journal"
        assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in [*folders, *files]} == {0}
    records = list((untouched.lab.folder / "operator-state").rglob("*.jsonl"))
    assert records
    assert {stat.S_IMODE(path.stat().st_mode) for path in records} == {0o600}
    untouched.assert_no_secret(*(path.read_text() for path in records))


def test_law_8_the_canary_leaves_no_key_in_keystone(untouched: Cloud) -> None:
    from tests.lab_fixture import request

    login = untouched.lab.login("admin")
    answer = request("GET", f"{untouched.lab.keystone}/credentials?type=ec2", headers=login.headers)
    assert answer.status == 200
    assert b"setup-tool-canary-" not in answer.body


def test_law_8_secrets_are_revealed_in_the_packages_that_may_and_nowhere_else() -> None:
    offenders = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in MAY_REVEAL and path.name != "secret.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "reveal"
    ]
    assert offenders == []


@pytest.mark.parametrize("shown", [str, repr, "{}".format, "%s".__mod__, "{0!r:>20}".format])
def test_law_8_a_secret_prints_as_a_mask_however_it_is_printed(shown: object) -> None:
    assert callable(shown)
    assert "hunter2" not in shown(Secret("hunter2"))
    assert "hunter2" not in shown([Secret("hunter2"), Content(b"hunter2")])


def test_law_8_a_secret_cannot_be_joined_serialized_or_pickled() -> None:
    import copy
    import json
    import pickle

    secret = Secret("hunter2")
    with pytest.raises(TypeError):
        str.join(", ", ["password", secret])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        json.dumps({"password": secret})
    for value in (secret, Content(b"hunter2")):
        with pytest.raises(TypeError):
            pickle.dumps(value)
    assert copy.deepcopy(secret) is secret
    assert secret == Secret("hunter2")
    assert secret != Secret("other")


def _process_texts() -> Iterator[tuple[str, bytes]]:
    """Yield every process's arguments, and the environment of those that commands run in."""
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                yield f"{process}/{name}", (process / name).read_bytes()
            except OSError:
                continue
