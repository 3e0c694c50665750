"""`credentials issue` into a directory with files: shown, asked, refused, side by side."""

from __future__ import annotations

import json
import os
import pty
from typing import TYPE_CHECKING

import pytest

from tests.adapters.rest import Rest
from tests.cloud import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

DEMO = ("--user", "demo", "--project", "demo")
MINE = "# mine\n[default]\nprogress_meter = False\nsecret_key = kanarienvogel\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a file that would change."""
    (tmp_path / ".s3cfg").write_text(MINE)
    (tmp_path / ".s3cfg").chmod(0o600)
    return tmp_path


def keys_of_demo(cloud: Cloud) -> set[str]:
    keystone = Rest(cloud.lab)
    (found,) = keystone.find("user", name="demo")
    listed = keystone.send("GET", f"/users/{found['id']}/credentials/OS-EC2")
    return {credential["access"] for credential in listed["credentials"]}


def on_a_terminal(cloud: Cloud, answer: str, *words: str) -> tuple[int, str]:
    """Run the program with a terminal, answer its question; return its status and its words."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cloud.folder)
        os.execve(PROGRAM[0], [*PROGRAM, *words], cloud.environment)  # noqa: S606 - no shell
    said = ""
    try:
        while data := os.read(terminal, 4096):
            said += data.decode()
            if answer and said.endswith("[y/N]: "):
                os.write(terminal, f"{answer}\n".encode())
                answer = ""
    except OSError:  # Linux says so once the program is gone
        pass
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said


def words(place: Path, *more: str) -> tuple[str, ...]:
    return ("credentials", "issue", *DEMO, "--client", "s3cmd", "-d", str(place), *more)


def test_without_a_terminal_the_difference_is_shown_and_nothing_is_changed_or_made(
    served: Cloud, place: Path
) -> None:
    there = keys_of_demo(served)
    ran = served.run(*words(place, "--new"), status=2)
    assert f"+++ {place}/.s3cfg\n" in ran.err
    assert "-secret_key = ********\n" in ran.err
    assert "+host_base = " in ran.err
    assert "kanarienvogel" not in ran.err
    assert "Say --yes to go ahead." in ran.err
    assert keys_of_demo(served) == there
    assert [path.name for path in place.iterdir()] == [".s3cfg"]
    assert (place / ".s3cfg").read_text() == MINE


def test_on_a_terminal_a_no_changes_nothing_and_a_yes_keeps_a_copy(
    served: Cloud, place: Path
) -> None:
    status, said = on_a_terminal(served, "n", *words(place))
    assert "Change these files, keeping a copy of each? [y/N]: n" in said
    assert (status, (place / ".s3cfg").read_text()) == (1, MINE)
    assert "Nothing was changed, and no key was made." in said

    status, said = on_a_terminal(served, "y", *words(place))
    assert status == 0, said
    assert (place / ".s3cfg").read_text().startswith("# mine\n[default]\nprogress_meter = False\n")
    (kept,) = place.glob(".s3cfg.orig-*")
    assert kept.read_text() == MINE
    assert kept.stat().st_mode & 0o7777 == 0o600

    status, said = on_a_terminal(served, "", *words(place))
    assert (status, "[y/N]" in said) == (0, False)


def test_of_many_users_those_whose_files_would_change_are_left_out_and_told(
    served: Cloud, tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("user,project\ndemo,demo\n")
    theirs = tmp_path / "demo-demo" / ".s3cfg"
    theirs.parent.mkdir(mode=0o700)
    theirs.write_text(MINE)
    there = keys_of_demo(served)
    many = ("credentials", "issue", "--from", str(rows), "-d", str(tmp_path), "--client", "s3cmd")
    ran = served.run(*many, status=1)
    assert f"demo in project demo: no key: Files in {theirs.parent} would change." in ran.out
    assert theirs.read_text() == MINE
    assert keys_of_demo(served) == there

    served.run(*many, "--yes")
    (kept,) = theirs.parent.glob(".s3cfg.orig-*")
    assert kept.read_text() == MINE
    served.run(*many)  # nothing changes any more, so nothing has to be agreed to


def test_a_link_that_leads_out_of_the_directory_is_refused_before_a_key_is_made(
    served: Cloud, tmp_path: Path
) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    victim = tmp_path / "victim"
    victim.write_text(MINE)
    (tmp_path / "keys" / ".s3cfg").symlink_to(victim)
    there = keys_of_demo(served)
    ran = served.run(*words(tmp_path / "keys", "--new", "--yes"), status=2)
    assert f"is a symbolic link to {victim}, which lies outside of" in ran.err
    assert victim.read_text() == MINE
    assert keys_of_demo(served) == there


def test_clouds_issued_into_one_directory_at_once_are_all_there(
    served: Cloud, tmp_path: Path
) -> None:
    clients = ("--client", "aws", "--client", "rclone", "--client", "mc", "--yes")
    owners = (("demo", "demo"), ("bob", "other"), ("alice", "demo"))
    commands = [
        (
            *("credentials", "issue", "--user", user, "--project", project),
            *("--profile", user, "-d", str(tmp_path), *clients),
        )
        for user, project in owners
    ]
    for run in [served.start(*command) for command in commands]:
        _, said = run.communicate(timeout=served.patience)
        assert run.returncode == 0, said
    aliases = json.loads((tmp_path / ".mc/config.json").read_text())["aliases"]
    assert sorted(aliases) == ["alice", "bob", "demo"]
    for command in commands:
        again = served.run(*command, "--format", "json").document
        assert [file["path"] for file in again["files"] if file["changed"]] == []
    assert not list(tmp_path.glob(".setup-tool*"))
