"""What `Shell` is over any way of running one command on a node.

Every conversation is one ``sh`` that reads its script from standard input; with
``become`` it is reached through sudo, whose password goes out only when sudo asks,
and the script only when the shell behind it has said that it is there.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NoReturn, Protocol

from setup_tool.core.errors import UnreachableError
from setup_tool.core.events import Event
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
_BECOME = (
    'sh -c \'if test "$(id -u)" = 0; then echo {ready}; exec sh; fi; '
    'exec sudo -S -p {prompt} sh -c "echo {ready}; exec sh"\''
)


class LostError(Exception):
    """The way to the node broke; says how."""


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

    @abstractmethod
    def _open(self, command: str) -> Conversation:
        """Start a command on the node; raises `UnreachableError` with the phase."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the node."""

    def observe(self, queries: Sequence[NodeQuery]) -> NodeFacts:
        """Fulfil `Shell.observe`."""
        nonce = secrets.token_hex(16)
        script = observe_script(queries, nonce)
        talk = self._shell()
        reply = bytearray()
        try:
            talk.send(script)
            talk.end_input()
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
        talk = self._shell()
        output, rest = bytearray(), b""
        try:
            talk.send(script)
            talk.end_input()
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

    def _shell(self) -> Conversation:
        """Return a conversation with a shell that awaits its script."""
        if not self._become:
            return self._open(_PLAIN)
        mark = secrets.token_hex(16)
        prompt, ready = f"prompt-{mark}", f"ready-{mark}"
        talk = self._open(_BECOME.format(prompt=prompt, ready=ready))
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
                    self._fail("sudo", _complaint(heard, prompt))
                if heard.count(prompt) > asked:
                    self._answer_sudo(talk, again=asked > 0)
        except LostError as problem:
            self._fail("sudo", str(problem))

    def _answer_sudo(self, talk: Conversation, *, again: bool) -> None:
        if self._become_password is None:
            self._fail(
                "sudo",
                "sudo wants a password; give ansible_become_password, or let the login use sudo "
                "without one",
            )
        if again:
            self._fail("sudo", "sudo refused the password of ansible_become_password")
        talk.send(self._become_password.reveal().encode() + b"\n")

    def _fail(self, phase: str, why: str) -> NoReturn:
        raise UnreachableError(f"{self._name}: {phase}: {why.rstrip('.')}.") from None


def _complaint(heard: bytes, prompt: bytes) -> str:
    """Return what sudo said when it ended; nothing secret was sent to it but its password."""
    said = heard.replace(prompt, b"").decode("utf-8", "replace").split("\n")
    lines = [line.strip() for line in said if line.strip()]
    return lines[-1][:300] if lines else "sudo ended without a word"
