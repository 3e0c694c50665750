"""A shell behind sudo: the password only when asked for, the script only when it is awaited."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.errors import UnreachableError
from setup_tool.core.facts import FileFact, SystemFact
from setup_tool.core.queries import ReadFile, ReadSystem
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import Ending, Transaction
from tests.contracts.changes import STATE, write
from tests.node.places import Heard, Place

if TYPE_CHECKING:
    from setup_tool.adapters.node_shell import NodeShell

ID = shutil.which("id")
"""This machine's own."""
PASSWORD = "canary-sudo-b00c"
QUESTION = ReadSystem(STATE)

# Asks as sudo does: the prompt on standard error, one line from standard input read
# byte by byte, three times; SUDO says how it is disposed.
SUDO = """\
#!/bin/sh
[ "$1 $2" = "-S -p" ] || exit 99
prompt=$3
shift 3
case $(cat ~/sudo-is) in
open) exec "$@" ;;
closed) echo 'worker is not in the sudoers file.' >&2; exit 1 ;;
esac
for try in 1 2 3; do
    printf '%s' "$prompt" >&2
    read -r password || exit 1
    [ "$password" != "$(cat ~/sudo-password)" ] || exec "$@"
    echo 'Sorry, try again.' >&2
done
exit 1
"""

# With `Defaults requiretty`: it asks on the terminal itself, and without -S.
SUDO_AT_TERMINAL = """\
#!/bin/sh
(: </dev/tty) 2>/dev/null || { echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1; }
[ "$1" = -p ] || exit 99
prompt=$2
shift 2
[ "$(cat ~/sudo-is)" = asking ] || exec "$@"
printf '%s' "$prompt" >/dev/tty
read -r password </dev/tty
[ "$password" = "$(cat ~/sudo-password)" ] && exec "$@"
echo 'Sorry, try again.' >/dev/tty
printf '%s' "$prompt" >/dev/tty
read -r password </dev/tty
"""
BIG = bytes(range(256)) * 1024
"""Every byte a terminal may take for something else, and more than its buffers hold."""


@pytest.fixture
def guarded(place: Place) -> Place:
    """A node whose login is not root, and whose sudo wants a password."""
    put_sudo(place, SUDO)
    return place


def put_sudo(place: Place, sudo: str) -> None:
    place.fake("sudo", sudo)
    place.fake("id", f'#!/bin/sh\n[ "$1" != -u ] || exec echo 1000\nexec {ID} "$@"\n')
    (place.home / "sudo-is").write_text("asking")
    (place.home / "sudo-password").write_text(PASSWORD)


def demand_terminal(place: Place, disposed: str) -> None:
    put_sudo(place, SUDO_AT_TERMINAL)
    (place.home / "sudo-is").write_text(disposed)


def become(place: Place, password: str | None) -> NodeShell:
    secret = None if password is None else Secret(password)
    return replace(place, access=replace(place.access, become=True, become_password=secret)).shell()


def test_the_right_password_opens(guarded: Place) -> None:
    shell = become(guarded, PASSWORD)
    assert isinstance(shell.observe([QUESTION])[QUESTION], SystemFact)
    transaction = Transaction("become", STATE, (write("~/file", b"new", None),))
    assert shell.commit(transaction, Heard()).ending is Ending.DONE
    shell.close()


def test_a_sudo_that_asks_nothing_is_sent_no_password(guarded: Place) -> None:
    (guarded.home / "sudo-is").write_text("open")
    shell = become(guarded, PASSWORD)
    fact = shell.observe([QUESTION])[QUESTION]
    shell.close()
    assert isinstance(fact, SystemFact)
    assert fact.home == str(guarded.home)


@pytest.mark.parametrize(
    ("disposed", "password", "complaint"),
    [
        ("asking", "canary-wrong", "sudo refused the password"),
        ("asking", None, "give ansible_become_password"),
        ("closed", PASSWORD, "worker is not in the sudoers file"),
    ],
)
def test_a_sudo_that_stays_shut_says_why_and_no_password(
    guarded: Place, disposed: str, password: str | None, complaint: str
) -> None:
    (guarded.home / "sudo-is").write_text(disposed)
    shell = become(guarded, password)
    with pytest.raises(UnreachableError) as refusal:
        shell.observe([QUESTION])
    shell.close()
    text = str(refusal.value)
    assert ": sudo: " in text
    assert complaint in text
    assert "canary" not in text


@pytest.mark.parametrize("disposed", ["asking", "open"])
def test_a_sudo_that_wants_a_terminal_gets_one(place: Place, disposed: str) -> None:
    demand_terminal(place, disposed)
    (place.home / "big").write_bytes(BIG)
    shell = become(place, PASSWORD)
    question = ReadFile("~/big")
    fact = shell.observe([question])[question]
    assert isinstance(fact, FileFact)
    assert fact.content is not None
    assert fact.content.reveal() == BIG
    transaction = Transaction("pty", STATE, (write("~/file", BIG, None),))
    heard = Heard()
    assert shell.commit(transaction, heard).ending is Ending.DONE
    shell.close()
    assert (place.home / "file").read_bytes() == BIG
    assert PASSWORD not in "".join(heard.texts)


def test_a_password_refused_on_a_terminal_is_not_shown(near: Place) -> None:
    demand_terminal(near, "asking")
    shell = become(near, "canary-wrong")
    with pytest.raises(UnreachableError) as refusal:
        shell.observe([QUESTION])
    shell.close()
    assert "sudo refused the password" in str(refusal.value)
    assert "canary" not in str(refusal.value)


def test_a_node_without_sudo_says_so(guarded: Place) -> None:
    guarded.fake("sudo", "#!/bin/sh\necho 'sudo: not found' >&2\nexit 127\n")
    shell = become(guarded, PASSWORD)
    with pytest.raises(UnreachableError, match="not found"):
        shell.observe([QUESTION])
    shell.close()


def test_root_needs_no_sudo(guarded: Place) -> None:
    guarded.fake("id", "#!/bin/sh\necho 0\n")
    (guarded.home / "sudo-is").write_text("closed")
    shell = become(guarded, None)
    transaction = Transaction("root", STATE, ())
    assert shell.commit(transaction, Heard()).ending is Ending.DONE
    shell.close()
