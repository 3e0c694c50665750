"""A Python environment on a node, for a service that no package brings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.environments import BuildEnvironment, ReadEnvironments, RemoveEnvironments
from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Action, Change, Note, Stage

if TYPE_CHECKING:
    from setup_tool.core.environments import EnvironmentsFact
    from setup_tool.resources.resource import Answers

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Environment:
    """The one environment of a family that a node has, or with ``build`` None none of them.

    Its name tells what it is made of, so that what is made of something else has another, and
    stands until the new one serves. ``wheels`` are projects and releases of which the folder of
    wheels must have a file.
    """

    target: str
    stage: Stage
    query: ReadEnvironments
    build: BuildEnvironment | None
    wheels: tuple[tuple[str, str], ...] = ()
    because: tuple[str, ...] = ()

    def queries(self) -> tuple[ReadEnvironments, ...]:
        """Ask which there are."""
        return (self.query,)

    def diff(self, facts: Answers) -> Change | None:
        """Return the building of what is missing and the removal of what is old.

        Raises `DeclarationError` where it is known already that it cannot be built.
        """
        fact: EnvironmentsFact = facts[self.query]
        path = self.build.path if self.build else None
        old = tuple(
            one
            for name in (*fact.complete, *fact.unfinished)
            if (one := f"{self.query.folder}/{name}") != path
        )
        removal = (RemoveEnvironments(old),) if old else ()
        if self.build and self.build.path.rpartition("/")[2] not in fact.complete:
            self._check(fact)
            return self._change(Action.CREATE, f"build {path}", (self.build, *removal))
        if removal:
            return self._change(Action.DELETE, f"remove {', '.join(old)}", removal)
        return None

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()

    def _check(self, fact: EnvironmentsFact) -> None:
        folder = self.query.wheels
        if folder is None:
            return
        if fact.wheels is None:
            raise DeclarationError(
                f"{self.target}: {folder} is no folder that can be read, and ec2_api_wheels says "
                "that wheels are there. Copy them to this node."
            )
        there = {_known_by(*name.split("-")[:2]) for name in fact.wheels}
        lacking = [
            f"{name} {release}"
            for name, release in self.wheels
            if _known_by(name, release) not in there
        ]
        if lacking:
            more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
            raise DeclarationError(
                f"{self.target}: {folder} lacks wheels of {', '.join(lacking[:_SHOWN])}{more}. "
                "docs/roles.md says how to fetch all that are needed."
            )

    def _change(
        self,
        action: Action,
        summary: str,
        steps: tuple[BuildEnvironment | RemoveEnvironments, ...],
    ) -> Change:
        return Change(
            target=self.target,
            stage=self.stage,
            action=action,
            summary=summary,
            reasons=self.because if action is Action.CREATE else (),
            steps=steps,
        )


def _known_by(name: str, release: str = "") -> tuple[str, str]:
    """Return what a wheel is known by, however its name is spelt (PyPA: name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower(), release
