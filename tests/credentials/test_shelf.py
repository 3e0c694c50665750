"""What changes in files that are there is shown first, and kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.files import LocalFiles
from setup_tool.core.credential import CloudUrls, Credential, KeyPair, Owner
from setup_tool.core.errors import SetupToolError
from setup_tool.core.secret import Secret
from setup_tool.credentials.clients import chosen
from setup_tool.credentials.shelf import Shelf

if TYPE_CHECKING:
    from pathlib import Path

OWNER = Owner("5e", "alice", "9a", "demo")
OLD = Credential(OWNER, KeyPair("0123abc", Secret("kanarienvogel-der-alte")))
NEW = Credential(OWNER, KeyPair("0456def", Secret("kanarienvogel-der-neue")))
URLS = CloudUrls("http://keystone:5000/v3", "RegionOne", "gateway-1", "http://gateway:8080")
BESIDE = "[drive]\nsas_url = https://drive/?sig=kanarienvogel-nebenan\n"


def shelf(*clients: str, keep: bool = True) -> Shelf:
    return Shelf(LocalFiles(), URLS, None, chosen(clients), keep=keep)


def preview(place: Shelf, credential: Credential, directory: Path) -> tuple[str, ...]:
    there = place.look(OWNER, str(directory))
    return place.preview(credential, "gateway-1", there, str(directory))


def test_new_files_and_unchanged_ones_have_nothing_to_show(tmp_path: Path) -> None:
    assert preview(shelf(), OLD, tmp_path / "new") == ()
    shelf().put(OLD, "gateway-1", str(tmp_path))
    assert preview(shelf(), OLD, tmp_path) == ()


def test_the_lines_that_change_are_shown_with_their_secrets_hidden(tmp_path: Path) -> None:
    place = shelf("rclone")
    conf = tmp_path / ".config/rclone/rclone.conf"
    place.put(OLD, "gateway-0", str(tmp_path))
    conf.write_text(BESIDE + conf.read_text())
    assert preview(place, NEW, tmp_path) == (
        f"--- {conf}",
        f"+++ {conf}",
        "@@ line 8 [demo]",
        "-access_key_id = 0123abc",
        "-secret_access_key = ********",
        "+access_key_id = 0456def",
        "+secret_access_key = ******** (changed)",
        "@@ line 11 [demo]",
        "-region = gateway-0",
        "+region = gateway-1",
    )


def test_no_secret_is_shown_of_any_client(tmp_path: Path) -> None:
    shelf().put(OLD, "gateway-1", str(tmp_path))
    (tmp_path / ".passwd-s3fs").write_text(
        (tmp_path / ".passwd-s3fs").read_text() + "bucket:AK:kanarienvogel-im-eimer\n"
    )
    shown = "\n".join(preview(shelf(), NEW, tmp_path))
    assert "kanarienvogel" not in shown
    for name in ("eucarc", ".s3cfg", ".boto", ".passwd-s3fs", "aws.env", ".mc/config.json"):
        assert f"+++ {tmp_path}/{name}\n" in shown


def test_of_a_file_that_is_taken_over_whole_no_line_is_shown(tmp_path: Path) -> None:
    (tmp_path / "eucarc").write_text("export EC2_URL=x\nexport PIN=kanarienvogel\n")
    place = Shelf(LocalFiles(), URLS, None, chosen(("eucarc",)), replace=True)
    assert preview(place, NEW, tmp_path) == (f"{tmp_path}/eucarc is replaced as a whole.",)


def test_files_that_are_wholly_ours_are_neither_shown_nor_kept(tmp_path: Path) -> None:
    shelf("page").put(OLD, "gateway-1", str(tmp_path))
    assert preview(shelf("page"), NEW, tmp_path) == ()
    shelf("page").put(NEW, "gateway-1", str(tmp_path))
    assert list(tmp_path.glob("*.orig-*")) == []


def test_a_file_that_changes_is_kept_as_it_was(tmp_path: Path) -> None:
    shelf("s3cmd").put(OLD, "gateway-1", str(tmp_path))
    before = (tmp_path / ".s3cfg").read_text()
    files = shelf("s3cmd").put(NEW, "gateway-1", str(tmp_path))
    (kept,) = tmp_path.glob(".s3cfg.orig-*")
    assert kept.read_text() == before
    assert kept.stat().st_mode & 0o7777 == 0o600
    assert f".s3cfg as it was is kept as {kept.name}." in [n for f in files for n in f.notes]
    shelf("s3cmd", keep=False).put(OLD, "gateway-1", str(tmp_path))
    assert list(tmp_path.glob(".s3cfg.orig-*")) == [kept]


def test_a_file_that_changed_after_it_was_shown_is_not_written(tmp_path: Path) -> None:
    place = shelf("s3cmd")
    place.put(OLD, "gateway-1", str(tmp_path))
    seen = place.look(OWNER, str(tmp_path))
    path = tmp_path / ".s3cfg"
    path.write_text(mine := path.read_text() + "progress_meter = False\n")
    with pytest.raises(SetupToolError, match=r"\.s3cfg was changed by somebody else meanwhile"):
        place.put(NEW, "gateway-1", str(tmp_path), seen)
    assert [file.name for file in tmp_path.iterdir()] == [".s3cfg"]
    assert path.read_text() == mine


def test_a_directory_may_be_named_by_a_link_and_is_written_as_named(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    shelf("aws", "eucarc").put(OLD, "gateway-1", str(tmp_path / "link"))
    script = (tmp_path / "real" / "eucarc").read_text()
    assert f"AWS_CONFIG_FILE='{tmp_path}/link/.aws/config'" in script
