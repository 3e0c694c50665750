"""The script that stages a transaction runs wholly or not at all."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.http import Request
from setup_tool.core.queries import ReadFile, ReadStamp, ReadSystem
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import (
    BounceService,
    Canary,
    NodeStep,
    ServiceControl,
    StampService,
    Transaction,
    WriteFile,
)
from setup_tool.node.observe import observe_script
from setup_tool.node.transaction import attach_script, stage_script
from tests.node.places import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = ServiceControl("proxy", ("/etc/x",), "http://127.0.0.1/", restart="restart it")
PASSWORD = "canary-password-81c2"


def whole_script(run: str = "run1") -> bytes:
    steps = (
        WriteFile("~/file", Content(f"password = {PASSWORD}\n".encode() * 3), None),
        BounceService(SERVICE, reload=False),
        StampService(SERVICE),
    )
    request = Request("GET", Secret(f"http://127.0.0.1/?X-Amz-Signature={PASSWORD}"))
    canaries = (Canary("signed", request, (200,), before=False),)
    return stage_script(Transaction(run, "~/state", steps, canaries)).reveal()


@pytest.mark.parametrize("shell", SHELLS)
def test_cut_short_anywhere_it_does_nothing(shell: str, tmp_path: Path) -> None:
    script = whole_script()
    end = len(script) - 2  # without its last brace; the line end after it is no part of it
    chance = random.Random(7)  # noqa: S311 - offsets, not secrets
    offsets = [*range(4), *chance.sample(range(end), 30), *range(end - 12, end + 1)]
    program = [SHELLS[shell], "sh"] if shell == "busybox" else [SHELLS[shell]]
    for offset in offsets:
        subprocess.run(
            program,
            input=script[:offset],
            env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
            capture_output=True,
            check=False,
        )
        assert list(tmp_path.iterdir()) == [], f"cut at {offset} of {len(script)}"


def test_its_words_hold_no_secret() -> None:
    script = whole_script().decode()
    assert PASSWORD not in script, "payloads and requests travel armoured"


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ((WriteFile("relative", Content(b""), None),), "must be absolute"),
        ((WriteFile("/etc/a\nb", Content(b""), None),), "control character"),
        (
            (BounceService(ServiceControl("proxy", (), ""), reload=False),),
            "no way to restart proxy",
        ),
        ((BounceService(SERVICE, reload=True),), "no way to reload proxy"),
        ((StampService(ServiceControl("../proxy", (), "")),), "cannot name"),
    ],
)
def test_what_no_node_could_do_is_refused_before_it_is_sent(
    steps: tuple[NodeStep, ...], complaint: str
) -> None:
    with pytest.raises(DeclarationError, match=complaint):
        stage_script(Transaction("run1", "/var/lib/setup-tool", steps))


def test_a_run_must_be_a_file_name() -> None:
    with pytest.raises(DeclarationError, match="cannot name"):
        stage_script(Transaction("../run", "/var/lib/setup-tool", ()))
    with pytest.raises(DeclarationError, match="cannot name"):
        attach_script("a b", "/var/lib/setup-tool")


def test_a_canary_with_a_line_end_in_a_header_is_refused() -> None:
    request = Request("GET", "http://127.0.0.1/", (("X-Auth-Token", Secret("a\r\nHost: b")),))
    canaries = (Canary("native", request, (200,), before=True),)
    with pytest.raises(DeclarationError, match="line end") as refusal:
        stage_script(Transaction("run1", "~/state", (), canaries))
    assert "Host: b" not in str(refusal.value)


@pytest.mark.parametrize(
    "query", [ReadFile("relative"), ReadFile("/a\nb"), ReadSystem("x"), ReadStamp("a/b", "/s")]
)
def test_a_question_that_cannot_be_asked_is_refused(
    query: ReadFile | ReadSystem | ReadStamp,
) -> None:
    with pytest.raises(DeclarationError):
        observe_script([query], "00")
