"""Swift itself tries a file before it goes live, and reads it without a gap."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from setup_tool.lab.servers import marked
from tests.end_to_end.refusals import FAILED, InventoryText
from tests.lab.waiting import wait_until
from tests.lab_fixture import request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cloud import Cloud

RELEASES = pytest.mark.parametrize(
    "release", [pytest.param("2.30.1", id="loader"), pytest.param("2.38.3", id="option")]
)


def main_process(cloud: Cloud, proxy: str) -> int:
    found = marked.main_process(cloud.lab.record.id, proxy)
    assert found is not None
    return found.pid


def processes(cloud: Cloud, proxy: str) -> set[int]:
    """Return the pids of a proxy's processes."""
    return {each.pid for each in marked.find(cloud.lab.record.id, proxy)}


def inventory(cloud: Cloud, folder: Path, release: str) -> str:
    """Return an inventory that names no reload command, as if Swift were of a release."""
    text = InventoryText.of(cloud).replaced("        proxy_reload: ~/bin/proxy reload\n", "")
    return text.said("swift_version", release).written(folder / "inventory.yaml")


@contextmanager
def edited(cloud: Cloud, old: str, new: str) -> Iterator[str]:
    """Change the file of the first proxy until the block ends; yield it."""
    conf = cloud.proxy_conf("proxy1")
    before = conf.read_text()
    assert before.count(old) == 1
    conf.write_text(before.replace(old, new))
    try:
        yield conf.read_text()
    finally:
        conf.write_text(before)


def failed_apply(cloud: Cloud, path: str) -> str:
    """Return why an apply to the first proxy failed; the proxy serves on with its old file."""
    before, process = cloud.proxy_conf("proxy1").read_bytes(), main_process(cloud, "proxy1")
    words = ("apply", "-i", path, "--limit", "proxy1", "--yes", "--format", "json")
    ran = cloud.run(*words, status=FAILED)
    conf = cloud.proxy_conf("proxy1")
    assert conf.read_bytes() == before
    assert [p.name for p in conf.parent.iterdir() if ".setup-tool." in p.name] == []
    assert main_process(cloud, "proxy1") == process
    health = f"{cloud.lab.record.url('proxy1')}/healthcheck"
    assert request("GET", health).status == 200
    return str(ran.document["error"])


@RELEASES
def test_a_broken_candidate_never_goes_live_and_swifts_own_words_are_shown(
    untouched: Cloud, tmp_path: Path, release: str
) -> None:
    section = "[filter:s3api]\nmax_upload_part_num = a lot\n\n[filter:bulk]"
    with edited(untouched, "[filter:bulk]", section):
        said = failed_apply(untouched, inventory(untouched, tmp_path, release))
    assert said.startswith("proxy1: the change failed at 'try ")
    assert "Swift refuses the new " in said
    assert "ValueError: invalid literal for int() with base 10: 'a lot'" in said
    assert "Nothing was changed" in said
    assert "as it stands" not in said


@RELEASES
def test_what_was_wrong_before_is_refused_and_said_to_have_been(
    untouched: Cloud, tmp_path: Path, release: str
) -> None:
    section = "[filter:bulk]\nset nothing = here\nuse = egg:swift#balk\n#"
    with edited(untouched, "[filter:bulk]\nuse = egg:swift#bulk\n#", section):
        said = failed_apply(untouched, inventory(untouched, tmp_path, release))
    assert "balk" in said
    assert "it refuses the file as it stands as well, so this was wrong before" in said


@RELEASES
def test_a_proxy_without_a_reload_command_is_reloaded_by_swifts_own_seamless_reload(
    untouched: Cloud, tmp_path: Path, release: str
) -> None:
    path = inventory(untouched, tmp_path, release)
    conf = untouched.proxy_conf("proxy1")
    conf.write_text(conf.read_text() + "# touched\n")
    process, before = main_process(untouched, "proxy1"), processes(untouched, "proxy1")
    plan = untouched.run("plan", "-i", path, "--format", "json").document
    bounces = [c["summary"] for c in plan["changes"] if c["action"] == "bounce"]
    assert set(bounces) == {"reload swift-proxy"}
    ran = untouched.run("apply", "-i", path, "--yes")
    assert "proxy1: try " in ran.err
    assert "proxy1: reload swift-proxy\n" in ran.err
    assert main_process(untouched, "proxy1") == process
    wait_until(lambda: processes(untouched, "proxy1") & before == {process})
    assert untouched.plan(inventory=path)["converged"] is True


def test_a_run_that_stops_says_what_stands_where(untouched: Cloud, tmp_path: Path) -> None:
    path = inventory(untouched, tmp_path, "2.38.3")
    conf = untouched.proxy_conf("proxy2")
    before = conf.read_text()
    untouched.proxy_conf("proxy1").write_text(untouched.proxy_conf("proxy1").read_text() + "#\n")
    conf.write_text(before.replace("use = egg:swift#bulk\n", "use = egg:swift#balk\n"))
    words = ("apply", "-i", path, "--yes", "--role", "s3api", "--format", "json")
    ran = untouched.run(*words, status=FAILED)
    conf.write_text(before)
    assert ran.document["standing"] == [
        {"target": "proxy1", "stage": "proxies", "state": "done"},
        {"target": "proxy2", "stage": "proxies", "state": "failed"},
    ]
    assert "What stands where:\n  proxy1 (proxies): done\n  proxy2 (proxies): failed" in ran.err
