"""Secrets on the operator's disk: private at every moment, whole or not at all."""

import errno
import grp
import os
import pwd
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from setup_tool.adapters.files import LocalFiles
from setup_tool.core.errors import DeclarationError, SetupToolError
from setup_tool.core.secret import Secret

CANARY = "kanarienvogel-in-der-datei"
CONTENT = ("user = me\nkey = ", Secret(CANARY), "\n")
WRITTEN = f"user = me\nkey = {CANARY}\n"


@pytest.fixture
def files() -> LocalFiles:
    return LocalFiles()


@pytest.fixture
def careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("careless_umask")
def test_a_new_file_and_its_new_directories_are_the_owners_alone(
    files: LocalFiles, tmp_path: Path
) -> None:
    path = tmp_path / "bundle" / ".aws" / "credentials"
    files.write_private(str(path), CONTENT)
    assert path.read_text() == WRITTEN
    assert [mode(place) for place in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]


@pytest.mark.usefixtures("careless_umask")
def test_everything_is_created_with_its_final_mode(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created: list[object] = []
    os_open, os_mkdir = os.open, os.mkdir

    def spy_open(path: str, flags: int, mode: int = 0o777, **rest: int) -> int:
        if flags & os.O_CREAT:
            created.append((bool(flags & os.O_EXCL), bool(flags & os.O_NOFOLLOW), mode))
        return os_open(path, flags, mode, **rest)

    def spy_mkdir(path: str, mode: int = 0o777, **rest: int) -> None:
        created.append(mode)
        os_mkdir(path, mode, **rest)

    monkeypatch.setattr(os, "open", spy_open)
    monkeypatch.setattr(os, "mkdir", spy_mkdir)
    files.write_private(str(tmp_path / "bundle" / "eucarc"), CONTENT)
    assert created == [0o700, (True, True, 0o600)]


def test_a_lax_mode_is_tightened_also_when_the_content_stays(
    files: LocalFiles, tmp_path: Path
) -> None:
    path = tmp_path / "eucarc"
    path.write_text(WRITTEN)
    path.chmod(0o644)
    before = path.stat()
    files.write_private(str(path), CONTENT)
    assert mode(path) == 0o600
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(("before", "after"), [(0o400, 0o400), (0o640, 0o600), (0o777, 0o600)])
def test_a_replaced_file_keeps_its_stricter_mode_only(
    files: LocalFiles, tmp_path: Path, before: int, after: int
) -> None:
    path = tmp_path / "eucarc"
    path.write_text("old\n")
    path.chmod(before)
    files.write_private(str(path), CONTENT)
    assert (path.read_text(), mode(path)) == (WRITTEN, after)


def test_a_symbolic_link_stays_and_its_file_is_replaced(files: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "s3cfg"
    real.write_text("old\n")
    link = tmp_path / ".s3cfg"
    link.symlink_to("dotfiles/s3cfg")
    files.write_private(str(link), CONTENT)
    assert link.is_symlink()
    assert real.read_text() == WRITTEN
    assert files.read(str(link)) == WRITTEN.encode()


def test_a_dangling_link_gets_its_file(files: LocalFiles, tmp_path: Path) -> None:
    link = tmp_path / ".s3cfg"
    link.symlink_to(tmp_path / "dotfiles" / "s3cfg")
    assert files.read(str(link)) is None
    files.write_private(str(link), CONTENT)
    assert (tmp_path / "dotfiles" / "s3cfg").read_text() == WRITTEN


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "eucarc"
    path.write_text("old\n")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        SetupToolError, match=r"eucarc cannot be written: No space left on device\."
    ) as raised:
        files.write_private(str(path), CONTENT)
    assert CANARY not in repr(raised.value)
    assert [file.name for file in tmp_path.iterdir()] == ["eucarc"]
    assert path.read_text() == "old\n"


def test_a_reader_sees_the_old_content_or_the_new_never_a_part(
    files: LocalFiles, tmp_path: Path
) -> None:
    path = tmp_path / "eucarc"
    contents = [(letter * 200_000,) for letter in "ab"]
    files.write_private(str(path), contents[0])
    seen = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            data = path.read_bytes()
            seen.add((len(data), len(set(data))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(20):
        files.write_private(str(path), contents[number % 2])
    done.set()
    watcher.join()
    assert seen == {(200_000, 1)}


def test_a_directory_that_everybody_can_write_to_is_refused(
    files: LocalFiles, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    with pytest.raises(SetupToolError, match=r"Other users can write to .*/shared"):
        files.write_private(str(shared / "eucarc"), CONTENT)
    assert list(shared.iterdir()) == []


def test_a_directory_below_one_that_everybody_can_replace_is_refused(
    files: LocalFiles, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    (shared / "bundle").mkdir(parents=True)
    shared.chmod(0o777)
    with pytest.raises(SetupToolError, match=r"Other users can write to .*/shared,"):
        files.write_private(str(shared / "bundle" / "eucarc"), CONTENT)


def test_a_directory_below_a_sticky_one_is_fine(files: LocalFiles, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "bundle").mkdir(parents=True)
    shared.chmod(0o1777)
    files.write_private(str(shared / "bundle" / "eucarc"), CONTENT)
    assert (shared / "bundle" / "eucarc").exists()


@pytest.fixture
def group_writable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a directory of user "me" that the named group, with these members, can write to."""
    directory = tmp_path / "bundle"
    directory.mkdir()
    directory.chmod(0o770)

    def make(group: str, *members: str) -> Path:
        gid = directory.stat().st_gid
        found = grp.struct_group((group, "x", gid, list(members)))
        me = pwd.struct_passwd(("me", "x", os.geteuid(), gid, "", "/", "/bin/sh"))
        monkeypatch.setattr(grp, "getgrgid", lambda _gid: found)
        monkeypatch.setattr(pwd, "getpwuid", lambda _uid: me)
        return directory

    return make


@pytest.mark.parametrize("group", [("staff",), ("me", "you")])
def test_a_directory_that_a_group_can_write_to_is_refused(
    files: LocalFiles, group_writable: Callable[..., Path], group: tuple[str, ...]
) -> None:
    with pytest.raises(SetupToolError, match="Other users can write to"):
        files.write_private(str(group_writable(*group) / "eucarc"), CONTENT)


@pytest.mark.parametrize("group", [("me",), ("me", "me")])
def test_the_group_that_a_user_has_to_itself_may_write(
    files: LocalFiles, group_writable: Callable[..., Path], group: tuple[str, ...]
) -> None:
    path = group_writable(*group) / "eucarc"
    files.write_private(str(path), CONTENT)
    assert path.read_text() == WRITTEN


def test_a_directory_of_another_user_is_refused(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "bundle"
    directory.mkdir()
    if os.geteuid() == 0:
        os.chown(directory, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(SetupToolError, match="belongs to user"):
        files.write_private(str(directory / "eucarc"), CONTENT)


@pytest.mark.parametrize(
    ("mode", "path", "reason"),
    [
        (0o777, "eucarc", "Other users can write to .*/bundle, "),
        (0o1777, "eucarc", "Other users can write to .*/bundle, "),
        (0o777, "new/deeper/eucarc", "Other users can write to .*/bundle, "),
        (0o700, "file/eucarc", "file is not a directory"),
        (0o700, "file/new/eucarc", "new cannot be made, since .*/file is not a directory"),
        (0o700, "folder", "folder is not a regular file"),
    ],
)
def test_what_would_be_refused_is_known_before_and_nothing_is_made(
    files: LocalFiles, tmp_path: Path, mode: int, path: str, reason: str
) -> None:
    bundle = tmp_path / "bundle"
    (bundle / "folder").mkdir(parents=True)
    (bundle / "file").touch()
    bundle.chmod(mode)
    with pytest.raises(DeclarationError, match=reason):
        files.check_writable(str(bundle / path))
    assert sorted(entry.name for entry in bundle.rglob("*")) == ["file", "folder"]
    with pytest.raises(SetupToolError):
        files.write_private(str(bundle / path), CONTENT)


@pytest.mark.parametrize("path", ["eucarc", "new/deeper/eucarc", "there"])
def test_what_can_be_written_is_not_refused_before(
    files: LocalFiles, tmp_path: Path, path: str
) -> None:
    (tmp_path / "there").touch()
    files.check_writable(str(tmp_path / path))
    assert [entry.name for entry in tmp_path.rglob("*")] == ["there"]
    files.write_private(str(tmp_path / path), CONTENT)


def test_a_directory_that_may_not_be_written_is_refused_before(
    files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(DeclarationError, match="This login may not write to"):
        files.check_writable(str(tmp_path / "eucarc"))


def test_a_file_that_is_not_there_reads_as_none(files: LocalFiles, tmp_path: Path) -> None:
    assert files.read(str(tmp_path / "eucarc")) is None
    assert files.read(str(tmp_path / "no" / "eucarc")) is None


def test_a_pipe_is_refused_and_not_waited_for(files: LocalFiles, tmp_path: Path) -> None:
    pipe = tmp_path / "eucarc"
    os.mkfifo(pipe)
    with pytest.raises(SetupToolError, match="is not a regular file"):
        files.read(str(pipe))
    with pytest.raises(SetupToolError, match="is not a regular file"):
        files.write_private(str(pipe), CONTENT)


def test_what_stands_in_the_way_is_named_with_its_reason(files: LocalFiles, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    for path, reason in (("file/eucarc", "Not a directory"), ("loop", "Too many levels")):
        for action in (files.read, lambda path: files.write_private(path, CONTENT)):
            with pytest.raises(SetupToolError, match=f"{path} cannot be (read|written): {reason}"):
                action(str(tmp_path / path))
    with pytest.raises(SetupToolError, match="is not a regular file"):
        files.read(str(tmp_path))
