"""Symbolic links on the way to a file with secrets: which are followed, which refused."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from setup_tool.adapters.files import LocalFiles
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import Secret

CONTENT = ("key = ", Secret("kanarienvogel-hinter-dem-link"), "\n")
SOMEBODY = 12345


@pytest.fixture
def files() -> LocalFiles:
    return LocalFiles()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("HOME", str(place))
    return place


def refused(files: LocalFiles, path: Path, why: str) -> None:
    for action in (files.check_writable, lambda path: files.write_private(path, CONTENT)):
        with pytest.raises(DeclarationError, match=why):
            action(str(path))


def test_a_link_within_the_home_directory_is_followed_to_any_place_in_it(
    files: LocalFiles, home: Path
) -> None:
    (home / "dotfiles").mkdir()
    (home / ".config").mkdir()
    link = home / ".config" / "rclone"
    link.symlink_to(home / "dotfiles")
    files.check_writable(str(link / "rclone.conf"))
    files.write_private(str(link / "rclone.conf"), CONTENT)
    assert (home / "dotfiles" / "rclone.conf").exists()
    assert link.is_symlink()


@pytest.mark.parametrize("there", [True, False])
def test_a_link_out_of_its_directory_is_refused_and_what_it_leads_to_stays(
    files: LocalFiles, tmp_path: Path, *, there: bool
) -> None:
    bundle, victim = tmp_path / "bundle", tmp_path / "victim"
    bundle.mkdir()
    if there:
        victim.write_text("theirs")
    (bundle / "eucarc").symlink_to(victim)
    refused(files, bundle / "eucarc", "which lies outside of .*/bundle")
    assert victim.exists() is there
    assert not there or victim.read_text() == "theirs"


def test_a_link_to_a_directory_outside_is_refused(files: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "bundle" / ".aws").symlink_to("../elsewhere")
    refused(files, tmp_path / "bundle" / ".aws" / "config", "which lies outside of .*/bundle")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_from_the_home_directory_out_of_it_is_refused(
    files: LocalFiles, home: Path, tmp_path: Path
) -> None:
    (home / ".boto").symlink_to(tmp_path / "boto")
    refused(files, home / ".boto", "which lies outside of .*/home")


def test_a_link_in_a_directory_that_others_can_write_to_is_refused(
    files: LocalFiles, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    (shared / "own").mkdir(parents=True)
    (shared / "link").symlink_to("own")
    shared.chmod(0o777)
    refused(files, shared / "link" / "eucarc", "a directory that other users can write to")
    with pytest.raises(DeclarationError, match="a directory that other users can write to"):
        files.directory(str(shared / "link"))


def test_a_directory_that_is_named_by_a_link_is_where_it_leads(
    files: LocalFiles, tmp_path: Path
) -> None:
    (tmp_path / "a" / "real").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "link").symlink_to("../a/real")
    real = str(tmp_path / "a" / "real")
    assert files.directory(str(tmp_path / "b" / "link")) == real
    assert files.directory(str(tmp_path / "b" / "link" / "new")) == f"{real}/new"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(DeclarationError, match=os.strerror(errno.ELOOP)):
        files.directory(str(tmp_path / "loop"))


def test_a_link_of_another_user_is_refused(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    link = tmp_path / "link"
    link.symlink_to("own")
    if os.geteuid() == 0:
        os.chown(link, SOMEBODY, -1, follow_symlinks=False)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    refused(files, link / "eucarc", "is a symbolic link of user")
    with pytest.raises(DeclarationError, match="is a symbolic link of user"):
        files.directory(str(link))


def test_a_file_of_another_user_in_our_directory_is_refused(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = tmp_path / "eucarc"
    planted.write_text("theirs")
    if os.geteuid() == 0:
        os.chown(planted, SOMEBODY, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    refused(files, planted, "belongs to user")
    assert planted.read_text() == "theirs"


# The lock

HOLDER = """
import sys
from setup_tool.adapters.files import LocalFiles
with LocalFiles().locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_two_runs_write_into_a_directory_one_after_the_other(
    files: LocalFiles, tmp_path: Path
) -> None:
    place, order = tmp_path / "new" / "bundle", []

    def second() -> None:
        with files.locked(str(place)):
            order.append("second")

    with files.locked(str(place)):
        waiting = threading.Thread(target=second)
        waiting.start()
        with pytest.raises(BlockingIOError), (place / ".setup-tool.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        order.append("first")
    waiting.join(timeout=30)
    assert order == ["first", "second"]
    assert list(place.iterdir()) == []


def test_the_lock_of_a_run_that_was_killed_is_free(files: LocalFiles, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
    assert (tmp_path / ".setup-tool.lock").exists()
    with files.locked(str(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_many_runs_at_once_lose_nothing(files: LocalFiles, tmp_path: Path) -> None:
    path = tmp_path / "count"

    def add() -> None:
        for _ in range(20):
            with files.locked(str(tmp_path)):
                found = files.read(str(path)) or b""
                files.write_private(str(path), (found.decode() + "x",))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_text() == "x" * 80


def test_a_directory_of_everybody_is_not_locked(files: LocalFiles, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with (
        pytest.raises(SetupToolError, match="Other users can write to"),
        files.locked(str(tmp_path)),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
