"""The table of releases says what the tests run, and the versions in it are those that ran."""

from __future__ import annotations

import re

from tests.docs.releases import PAGE, ROOT, live_marks, page

_PINS = {
    "nodes/files/older-keystone.txt": ROOT / "tests/nodes/files/older-keystone.txt",
    "nodes/files/legacy.txt": ROOT / "tests/nodes/files/legacy.txt",
    "lab/requirements.txt": ROOT / "setup_tool/lab/requirements.txt",
}


def test_the_page_is_what_follows_from_the_tests() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_a_version_that_is_pinned_here_is_the_one_that_a_mark_names() -> None:
    """Those of Debian's packages are held by a test on the hosts that have them."""
    pinned = {
        (name.capitalize(), version)
        for path in _PINS.values()
        for name, version in re.findall(
            r"^(keystone|swift)==([0-9.]+)", path.read_text(), re.MULTILINE
        )
    }
    named = {tuple(said.split(" ")) for _, said in live_marks()}
    assert len(named) >= 5
    assert named - pinned == {("Keystone", "22.0.2"), ("Swift", "2.30.1"), ("nova", "26.2.2")}
