"""A shell behind sudo: the password only when asked for, the script only when it is awaited."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.errors import UnreachableError
from setup_tool.core.facts import SystemFact
from setup_tool.core.queries import ReadSystem
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


@pytest.fixture
def guarded(place: Place) -> Place:
    """A node whose login is not root, and whose sudo wants a password."""
    fakes = {
        "sudo": SUDO,
        "id": f'#!/bin/sh\n[ "$1" != -u ] || exec echo 1000\nexec {ID} "$@"\n',
    }
    for name, text in fakes.items():
        place.fake(name, text)
    (place.home / "sudo-is").write_text("asking")
    (place.home / "sudo-password").write_text(PASSWORD)
    return place


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
