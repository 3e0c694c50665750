"""What `Shell` is over any way of running one command on a node.

Every conversation is one ``sh`` that reads its script from standard input; with
``become`` it is reached through sudo, whose password goes out only when sudo asks,
and the script only when the shell behind it has said that it is there. A sudo that
insists on a terminal (``requiretty``) is asked again on one.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NoReturn, Protocol

from setup_tool.core.errors import UnreachableError
from setup_tool.core.events import Event
from setup_tool.core.secret import MASK
from setup_tool.node.observe import observe_script, parse_reply
from setup_tool.node.reply import IncompleteReplyError
from setup_tool.node.transaction import (
    attach_script,
    parse_outcome,
    progress_text,
    stage_script,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from setup_tool.core.facts import NodeFacts
    from setup_tool.core.queries import NodeQuery
    from setup_tool.core.secret import Secret
    from setup_tool.core.transaction import Outcome, Transaction
    from setup_tool.ports import Listener

SILENCE = 60
"""Seconds without a byte from the node after which it counts as lost. The longest
pauses of ours are a URL's timeout, and the five seconds between a follower's signs."""

_PLAIN = "sh"
# sudo's complaints are read, so they are wanted in English
_BECOME = (
    'sh -c \'if test "$(id -u)" = 0; then echo {ready}; exec sh; fi; LC_ALL=C; export LC_ALL; '
    'exec sudo -S -p {prompt} sh -c "echo {ready}; exec sh"\''
)
# A terminal neither echoes nor changes a byte once it is raw, but it has no end of input,
# and an sh on one would be interactive: so the script's size goes first, and a pipe between.
_BECOME_AT_TERMINAL = (
    "sh -c 'stty raw -echo; LC_ALL=C; export LC_ALL; "
    'exec sudo -p {prompt} sh -c "stty raw -echo; echo {ready}; '
    "head -c {size} | sh\"'"
)
_TERMINAL_WANTED = b"you must have a tty"


class LostError(Exception):
    """The way to the node broke; says how."""


class _TerminalWantedError(Exception):
    """sudo does its work on a terminal only."""


class Conversation(Protocol):
    """One command on a node: its input, and its two outputs as one stream.

    All methods but `close` raise `LostError` when the way to the node breaks.
    """

    def send(self, data: bytes) -> None:
        """Write to the command's standard input."""
        ...

    def end_input(self) -> None:
        """Close the command's standard input."""
        ...

    def receive(self) -> bytes:
        """Return what came next, nothing at the end; waits `SILENCE` seconds at most."""
        ...

    def close(self) -> None:
        """Let go of the command, whether or not it has ended."""
        ...


class NodeShell(ABC):
    """Fulfils `setup_tool.ports.Shell` on top of `_open`."""

    def __init__(self, name: str, *, become: bool, become_password: Secret | None) -> None:
        self._name = name
        self._become = become
        self._become_password = become_password
        self._at_terminal = False

    @abstractmethod
    def _open(self, command: str, *, terminal: bool) -> Conversation:
        """Start a command on the node, on a terminal of its own where ``terminal``.

        Raises `UnreachableError` with the phase.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the node."""

    def observe(self, queries: Sequence[NodeQuery]) -> NodeFacts:
        """Fulfil `Shell.observe`."""
        nonce = secrets.token_hex(16)
        script = observe_script(queries, nonce)
        talk = self._shell(len(script))
        reply = bytearray()
        try:
            self._give(talk, script)
            while data := talk.receive():
                reply += data
            return parse_reply(bytes(reply), queries, nonce)
        except (LostError, IncompleteReplyError) as problem:
            self._fail("reply", str(problem))
        finally:
            talk.close()

    def commit(self, transaction: Transaction, listener: Listener) -> Outcome:
        """Fulfil `Shell.commit`."""
        script = stage_script(transaction).reveal()
        return self._follow(script, transaction.run, listener)

    def attach(self, run: str, state_dir: str, listener: Listener) -> Outcome:
        """Fulfil `Shell.attach`."""
        return self._follow(attach_script(run, state_dir), run, listener)

    def _follow(self, script: bytes, run: str, listener: Listener) -> Outcome:
        talk = self._shell(len(script))
        output, rest = bytearray(), b""
        try:
            self._give(talk, script)
            while data := talk.receive():
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    output += line + b"\n"
                    self._tell(line.decode("utf-8", "replace"), run, listener)
                if lines and lines[-1] == f"{run} over".encode():
                    break
            return parse_outcome(bytes(output), run)
        except (LostError, IncompleteReplyError) as problem:
            self._fail(
                "reply",
                f"{problem} Run {run}, if it had begun, goes on by itself on the node: run plan or "
                "apply again, which finds it and follows it to its end",
            )
        finally:
            talk.close()

    def _tell(self, line: str, run: str, listener: Listener) -> None:
        text = progress_text(line, run)
        if text:
            listener.on(Event(self._name, text, failed=text.startswith("failed: ")))

    def _give(self, talk: Conversation, script: bytes) -> None:
        talk.send(script)
        if not self._at_terminal:
            talk.end_input()

    def _shell(self, size: int) -> Conversation:
        """Return a conversation with a shell that awaits its script, of so many bytes."""
        if not self._become:
            return self._open(_PLAIN, terminal=False)
        try:
            return self._behind_sudo(size)
        except _TerminalWantedError:
            self._at_terminal = True
            return self._behind_sudo(size)

    def _behind_sudo(self, size: int) -> Conversation:
        mark = secrets.token_hex(16)
        prompt, ready = f"prompt-{mark}", f"ready-{mark}"
        command = _BECOME_AT_TERMINAL if self._at_terminal else _BECOME
        talk = self._open(
            command.format(prompt=prompt, ready=ready, size=size), terminal=self._at_terminal
        )
        try:
            self._pass_sudo(talk, prompt.encode(), ready.encode() + b"\n")
        except BaseException:
            talk.close()
            raise
        return talk

    def _pass_sudo(self, talk: Conversation, prompt: bytes, ready: bytes) -> None:
        heard = b""
        try:
            while ready not in heard:
                asked = heard.count(prompt)
                data = talk.receive()
                heard += data
                if not data:
                    if _TERMINAL_WANTED in heard and not self._at_terminal:
                        raise _TerminalWantedError
                    said = self._last_words(heard, prompt)
                    self._fail("sudo", said or "sudo ended without a word")
                if heard.count(prompt) > asked:
                    self._answer_sudo(talk, again=asked > 0)
        except LostError as problem:
            said = self._last_words(heard, prompt)
            self._fail("sudo", f"{problem} sudo had said: {said}" if said else str(problem))

    def _answer_sudo(self, talk: Conversation, *, again: bool) -> None:
        if self._become_password is None:
            self._fail(
                "sudo",
                "sudo wants a password; give ansible_become_password in the inventory or say "
                "--ask-become-pass, or let the login use sudo without one",
            )
        if again:
            self._fail(
                "sudo",
                "sudo refused the password of ansible_become_password or --ask-become-pass",
            )
        talk.send(self._become_password.reveal().encode() + b"\n")

    def _last_words(self, heard: bytes, prompt: bytes) -> str:
        """Return the last line sudo said, empty if it said none; never its password."""
        text = heard.replace(prompt, b"").decode("utf-8", "replace")
        if self._become_password:
            text = text.replace(self._become_password.reveal(), MASK)
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return lines[-1][:300] if lines else ""

    def _fail(self, phase: str, why: str) -> NoReturn:
        raise UnreachableError(f"{self._name}: {phase}: {why.rstrip('.')}.") from None
