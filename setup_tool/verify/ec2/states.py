"""In which states instances are, and waiting for those that are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.events import Event
from setup_tool.verify.answer import shown, texts, value
from setup_tool.verify.ec2.answer import expect, read_error
from setup_tool.verify.ec2.session import numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from xml.etree.ElementTree import Element

    from setup_tool.ports import Clock, Listener
    from setup_tool.verify.ec2.session import Ec2Session

GONE = "gone"
"""What we call an instance that the service does not know (any more)."""

RUNNING = "running"
ENDED = frozenset({"terminated", GONE})
ENDING = ENDED | {"shutting-down"}
"""``error`` is no state of EC2's, but nova's and ec2-api's for one that could not be started."""

_ABSENT = "InvalidInstanceID.NotFound"
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_MORE = 1.5


@dataclass(frozen=True, slots=True)
class Waited:
    """The states at the end of a wait, and how many seconds it took."""

    states: Mapping[str, str]
    seconds: float


def states(session: Ec2Session, ids: Collection[str]) -> dict[str, str]:
    """Return the state of each instance.

    A service that does not know one of them (any more) refuses to speak of the others: then
    each is asked for by itself.
    """
    answer = session.send("DescribeInstances", *numbered("InstanceId", ids))
    if read_error(answer).code == _ABSENT:
        if len(ids) == 1:
            return dict.fromkeys(ids, GONE)
        return {each: state for one in ids for each, state in states(session, [one]).items()}
    found = {
        value(item, "instanceId"): shown(value(item, "instanceState/name"))
        for item in instances(expect(answer, "DescribeInstances"))
    }
    return {each: found.get(each, GONE) for each in ids}


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks at instances again and again; ``listener`` hears of each change."""

    session: Ec2Session
    clock: Clock
    listener: Listener

    def until(
        self, enough: Callable[[Collection[str]], bool], ids: Collection[str], patience: float
    ) -> Waited:
        """Look, ever more seldom, until the states are ``enough``, or for ``patience`` seconds."""
        start, pause = self.clock.monotonic(), _FIRST_PAUSE
        seen: dict[str, str] = {}
        while True:
            now = states(self.session, ids)
            waited = self.clock.monotonic() - start
            for each in [each for each, state in now.items() if seen.get(each) != state]:
                text = f"{each} is {now[each]} after {waited:.0f} s"
                self.listener.on(Event(self.session.url, text))
            seen = now
            if enough(now.values()) or waited >= patience:
                return Waited(now, waited)
            self.clock.wait(min(pause, max(patience - waited, 0.1)))
            pause = min(pause * _MORE, _LONGEST_PAUSE)


def with_key(session: Ec2Session, key: str) -> dict[str, str]:
    """Return the states of all instances that were started with a key pair.

    Services that know no filter list everything; what is another's is left out here.
    """
    found: dict[str, str] = {}
    token = ""
    while True:
        more = (("NextToken", token),) if token else ()
        wanted = (("Filter.1.Name", "key-name"), ("Filter.1.Value.1", key))
        root = expect(session.send("DescribeInstances", *wanted, *more), "DescribeInstances")
        for item in instances(root):
            if value(item, "keyName") == key:
                found[value(item, "instanceId")] = value(item, "instanceState/name")
        before, token = token, value(root, "nextToken")
        if not token or token == before:
            return found


def instances(root: Element) -> Iterator[Element]:
    """Yield the instances of all reservations."""
    return root.iterfind("reservationSet/item/instancesSet/item")


def ids_of(root: Element) -> tuple[str, ...]:
    """Return the ids of the instances that ``RunInstances`` started."""
    return texts(root, "instancesSet/item/instanceId")


def told(found: Mapping[str, str]) -> str:
    """Say each instance's state."""
    return ", ".join(f"{each} is {state}" for each, state in found.items())
