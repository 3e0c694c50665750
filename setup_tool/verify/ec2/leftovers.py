"""What the checks made, and its removal: instances first, then the group and the key pair."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from setup_tool.core.errors import UnreachableError
from setup_tool.verify.check import UnmetError
from setup_tool.verify.ec2.answer import OK, described, is_absent, read_error
from setup_tool.verify.ec2.session import numbered
from setup_tool.verify.ec2.states import ENDED, ENDING, Watcher, states, with_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from setup_tool.core.http import Response
    from setup_tool.ports import Clock, Listener
    from setup_tool.verify.ec2.session import Ec2Session

KEY_PAIR = "key pair"
GROUP = "security group"

_IN_USE = frozenset({"DependencyViolation", "InvalidGroup.InUse"})
"""An instance's port stays in its group for a moment after the instance is gone."""

_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each attempt at a group, and each look for instances whose start was not
answered: a request that was cut off may still be carried out."""

_PATIENCE = 120.0
_TIMEOUT = 30.0


@dataclass(slots=True)
class Leftovers:
    """What may be there, noted before the request that makes it.

    ``name`` is that of the key pair and the group; instances are known by their ids, and by
    the key pair when ``RunInstances`` was not answered. ``awaited`` is how many that may be.
    """

    session: Ec2Session
    name: str
    clock: Clock
    listener: Listener
    _made: set[str] = field(default_factory=set)
    _instances: list[str] = field(default_factory=list)
    _awaited: int = 0

    @property
    def instances(self) -> tuple[str, ...]:
        """The ids of those that were started and are not known to be gone."""
        return tuple(self._instances)

    def note(self, kind: str) -> None:
        """Say that a request to make the key pair or the group goes out now."""
        self._made.add(kind)

    def removed(self, kind: str) -> None:
        """Say that it is gone."""
        self._made.discard(kind)

    def starting(self, count: int) -> None:
        """Say that a request to start instances goes out now."""
        self._awaited = count

    def started(self, ids: Collection[str]) -> None:
        """Say which instances were started by it; none where it was refused."""
        self._instances.extend(each for each in ids if each not in self._instances)
        self._awaited = max(0, self._awaited - len(ids)) if ids else 0

    def ended(self, ids: Collection[str]) -> None:
        """Say that instances are gone."""
        self._instances = [each for each in self._instances if each not in ids]

    def things(self) -> Mapping[str, Callable[[], str]]:
        """Return what may be there and how each is removed, in order.

        Each returns an empty string when it is gone, else why it is not.
        """
        found: dict[str, Callable[[], str]] = {}
        if self._instances or self._awaited:
            by_key = [f"those with key pair {self.name}"] if self._awaited else []
            found[f"instances {', '.join([*self._instances, *by_key])}"] = self._end
        if GROUP in self._made:
            found[f"{GROUP} {self.name}"] = partial(self._remove, GROUP, self._delete_group)
        if KEY_PAIR in self._made:
            found[f"{KEY_PAIR} {self.name}"] = partial(self._remove, KEY_PAIR, self._delete_key)
        return found

    def _end(self) -> str:
        patient = replace(self.session, timeout=_TIMEOUT)
        try:
            self._find(patient)
            if not self._instances:
                return ""
            return self._end_known(patient)
        except (UnmetError, UnreachableError) as error:
            known = ", ".join(self._instances) or "none was found yet"
            return f"{known}: {error}"

    def _find(self, session: Ec2Session) -> None:
        """Look for instances whose start was not answered."""
        if not self._awaited:
            return
        known = len(self._instances)
        for pause in _PAUSES:
            if pause:
                self.clock.wait(pause)
            found = with_key(session, self.name)
            mine = [each for each, state in found.items() if state not in ENDED]
            self._instances.extend(each for each in mine if each not in self._instances)
            if len(self._instances) - known >= self._awaited:
                break
        self._awaited = 0

    def _end_known(self, session: Ec2Session) -> str:
        """End all known instances; one that cannot be does not keep the others."""
        now = states(session, self._instances)
        alive = [each for each, state in now.items() if state not in ENDING]
        refusals = _terminate(session, alive)
        waiting = [each for each in self._instances if each not in refusals]
        left = {each: f"is {now[each]}, {why}" for each, why in refusals.items()}
        if waiting:
            watcher = Watcher(session, self.clock, self.listener)
            waited = watcher.until(ENDED.issuperset, waiting, _PATIENCE)
            for each, state in waited.states.items():
                if state not in ENDED:
                    left[each] = f"is still {state} after {waited.seconds:.0f} s"
        self.ended([each for each in self._instances if each not in left])
        return ", ".join(f"{each} {why}" for each, why in left.items())

    def _remove(self, kind: str, delete: Callable[[Ec2Session], Response]) -> str:
        try:
            answer = delete(replace(self.session, timeout=_TIMEOUT))
        except UnreachableError as error:
            return str(error)
        if answer.status == OK or is_absent(answer):
            self.removed(kind)
            return ""
        return described(answer)

    def _delete_group(self, session: Ec2Session) -> Response:
        return delete_group(session, self.name, self.clock)[1]

    def _delete_key(self, session: Ec2Session) -> Response:
        return session.send("DeleteKeyPair", ("KeyName", self.name))


def delete_group(session: Ec2Session, name: str, clock: Clock) -> tuple[str, Response]:
    """Delete a group, again as long as it is in use; return a word on that, and the answer."""
    start, said = clock.monotonic(), ""
    for pause in _PAUSES:
        if pause:
            clock.wait(pause)
            said = f"in use until {clock.monotonic() - start:.0f} s later"
        answer = session.send("DeleteSecurityGroup", ("GroupName", name))
        if read_error(answer).code not in _IN_USE:
            break
    return said, answer


def _terminate(session: Ec2Session, ids: Collection[str]) -> dict[str, str]:
    """Terminate instances, all at once and, where that is refused, each by itself.

    Returns why some could not be.
    """
    if not ids:
        return {}
    answer = session.send("TerminateInstances", *numbered("InstanceId", ids))
    if answer.status == OK or read_error(answer).code == "InvalidInstanceID.NotFound":
        if answer.status == OK or len(ids) == 1:
            return {}
    elif len(ids) == 1:
        return dict.fromkeys(ids, described(answer))
    return {each: why for one in ids for each, why in _terminate(session, [one]).items()}
