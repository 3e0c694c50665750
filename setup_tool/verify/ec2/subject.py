"""An EC2 service under verification, and what the checks made there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setup_tool.core.events import Event
from setup_tool.verify.ec2.answer import expect, is_refusal
from setup_tool.verify.ec2.states import Watcher

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from setup_tool.ports import Clock, Entropy, Listener
    from setup_tool.verify.ec2.leftovers import Leftovers
    from setup_tool.verify.ec2.session import Ec2Session


@dataclass(slots=True)
class Subject:
    """One endpoint, and the name of the key pair and security group that the checks make there.

    ``zone`` is the first available one, ``reservation`` the one of the instances started.
    """

    session: Ec2Session
    name: str
    leftovers: Leftovers
    clock: Clock
    entropy: Entropy
    listener: Listener
    zone: str = ""
    reservation: str = ""
    kernel: tuple[tuple[str, str], ...] = ()
    image: str = ""

    def ask(self, action: str, *parameters: tuple[str, str], version: str = "v4") -> Element:
        """Send a request and return its answer; raises `UnmetError` for another one."""
        session = replace(self.session, version=version)
        return expect(session.send(action, *parameters), action)

    def make(self, kind: str, action: str, *parameters: tuple[str, str]) -> Element:
        """Ask for a key pair or a group; what was not refused is removed in the end."""
        self.leftovers.note(kind)
        answer = self.session.send(action, *parameters)
        if is_refusal(answer):
            self.leftovers.removed(kind)
        return expect(answer, action)

    @property
    def watcher(self) -> Watcher:
        """Who waits for the states of instances."""
        return Watcher(self.session, self.clock, self.listener)

    def progress(self, text: str) -> None:
        """Have a line of progress shown."""
        self.listener.on(Event(self.session.url, text))
