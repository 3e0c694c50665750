"""Shell values: quoted for a shell, and read from a script without one."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.editors.client.shell import Computed, assignments, quoted
from setup_tool.editors.ini import FileProblemError

SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "mksh") if shutil.which(shell)]

VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
AWKWARD = st.text("ab $`\"'\\#!~*?[](){}<>|&;=\n\t%", max_size=12)


def said(shell: str, script: str) -> bytes:
    ran = subprocess.run([shell], input=script.encode(), capture_output=True, check=True)
    assert ran.stderr == b""
    return ran.stdout


@pytest.mark.parametrize("shell", SHELLS)
@settings(deadline=None)
@given(values=st.lists(VALUES | AWKWARD, min_size=1, max_size=5))
def test_a_quoted_value_reaches_every_shell_as_it_is(shell: str, values: list[str]) -> None:
    script = "printf '%s\\0' " + " ".join(map(quoted, values)) + "\n"
    assert said(shell, script) == "".join(f"{value}\0" for value in values).encode()


@settings(deadline=None)
@given(value=VALUES | AWKWARD)
def test_a_quoted_value_is_read_back_as_it_is(value: str) -> None:
    # A carriage return before a line feed is a Windows line end, which the reader undoes.
    value = value.replace("\r", "")
    assert assignments(f"export KEY={quoted(value)}\n", "eucarc") == {"KEY": value}


PIECES = st.lists(
    st.one_of(
        st.builds(quoted, AWKWARD),
        st.builds(
            lambda text: (
                '"'
                + "".join("\\" + letter if letter in '$`"\\' else letter for letter in text)
                + '"'
            ),
            AWKWARD,
        ),
        st.builds(lambda letter: "\\" + letter, st.sampled_from("a$`\"'\\#;& ")),
        st.sampled_from(
            ["plain", "a=b", "a#b", "$SET/", "${SET}", '"$SET"', "${NONE:-default}", "''"]
        ),
        st.sampled_from(['"a\\b"', '"\\$SET"', "'$SET'", "x\\\ny", '"x\\\ny"', '"a$"']),
    ),
    min_size=1,
    max_size=4,
).map("".join)


@settings(deadline=None)
@given(pieces=st.lists(PIECES, min_size=1, max_size=4))
def test_the_reader_and_dash_agree(pieces: list[str]) -> None:
    script = "SET='set-it' # a comment\n"
    for number, value in enumerate(pieces):
        script += f"{'export ' if number % 2 else ''}V{number}={value}; "
    found = assignments(script, "rc")
    expected = said(
        "dash", script + "\nprintf '%s\\0' " + " ".join(f'"$V{n}"' for n in range(len(pieces)))
    )
    values = [found[f"V{number}"] for number in range(len(pieces))]
    assert "".join(f"{value}\0" for value in values).encode() == expected


def test_later_assignments_count_and_unset_takes_away() -> None:
    script = "A=1 B=2\nexport A=3; unset B\nif true; then export C=4; fi\nD=5 some command\n"
    assert assignments(script, "rc") == {"A": "3", "C": "4"}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("$(openstack x | awk '{ print $4 }')", "a command prints it"),
        ('"$(echo "$(id -u)" )"', "a command prints it"),
        ("`hostname`", "a command prints it"),
        ("${HOME%/*}", "the shell computes it"),
        ("${A:-${B}}", "the shell computes it"),
        ("$1", "the shell computes it"),
        ("$'a'", "the shell computes it"),
        ("$HOSTNAME/x", "it takes HOSTNAME from the environment"),
    ],
)
def test_what_only_a_shell_can_tell_is_told_apart(value: str, why: str) -> None:
    script = f"# rc\nexport KEY={value} NEXT='is read'\nLAST=1\n"
    assert assignments(script, "rc") == {
        "KEY": Computed(2, why),
        "NEXT": "is read",
        "LAST": "1",
    }


@pytest.mark.parametrize(
    ("script", "line"),
    [("A=1\nB='x\n", 2), ('B="x\n', 1), ("A=1\n\nB=`x", 3), ("B=$(x", 1), ("cat <<EOF\nEOF\n", 1)],
)
def test_a_script_that_does_not_end_is_refused_with_its_line(script: str, line: int) -> None:
    with pytest.raises(FileProblemError) as raised:
        assignments(script, "/home/me/rc")
    assert (raised.value.file, raised.value.line) == ("/home/me/rc", line)
