"""Words reach a node's shell as they are."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.core.errors import DeclarationError
from setup_tool.node.shell_words import file_name, path_word, quoted
from tests.node.places import SHELLS

WORDS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters=[*map(chr, range(32)), "\x7f"])
)


@settings(max_examples=25)
@given(st.lists(WORDS, min_size=1, max_size=20))
def test_a_quoted_word_is_that_word(words: list[str]) -> None:
    script = "printf '%s\\n' " + " ".join(map(quoted, words))
    for name, path in SHELLS.items():
        program = [path, "sh"] if name == "busybox" else [path]
        done = subprocess.run([*program, "-c", script], capture_output=True, check=True)
        assert done.stdout.decode().split("\n") == [*words, ""]


@pytest.mark.parametrize("text", ["a\nb", "a\0b", "\x1b[2J", "a\rb"])
def test_control_characters_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        quoted(text)
    assert text not in str(refusal.value)


def test_the_home_of_the_login_is_the_nodes_to_know() -> None:
    assert path_word("~/etc/it's") == "\"$HOME\"/'etc/it'\\''s'"
    assert path_word("/etc/nova/nova.conf") == "'/etc/nova/nova.conf'"


@pytest.mark.parametrize("path", ["etc/nova.conf", "~root/x", "", "~"])
def test_other_relative_paths_are_refused(path: str) -> None:
    with pytest.raises(DeclarationError, match="absolute or start with ~/"):
        path_word(path)


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "a b", "-n", "x" * 200])
def test_names_are_file_names(name: str) -> None:
    with pytest.raises(DeclarationError, match="cannot name"):
        file_name(name)
