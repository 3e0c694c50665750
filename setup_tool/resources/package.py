"""Packages that a service needs for the Python modules in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import Source
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.transaction import InstallPackages

if TYPE_CHECKING:
    from setup_tool.core.facts import InstallFact
    from setup_tool.core.queries import PlanInstall
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Package:
    """Packages beside a service that came from a package itself.

    Where it came from pip, a checkout or a container, nothing is installed: what it
    needs belongs where it is.
    """

    target: str
    stage: Stage
    query: PlanInstall
    because: tuple[str, ...] = ()

    def queries(self) -> tuple[PlanInstall, ...]:
        """Ask what is missing, and what installing it would do."""
        return (self.query,)

    def diff(self, facts: Answers) -> Change | None:
        """Return the installation of what is missing.

        Raises `DeclarationError` where that would upgrade or remove anything, or the
        package manager would not do it.
        """
        fact: InstallFact = facts[self.query]
        if fact.source is not Source.PACKAGE or not fact.missing:
            return None
        self._refuse(fact)
        reasons = list(self.because)
        if fact.unknown:
            reasons.append(
                f"The node's lists of packages do not name {_listed(fact.unknown)}: they are "
                "fetched anew first."
            )
        elif not fact.arrives:
            reasons.append(
                f"What comes with it is known only when {fact.manager} is run; an upgrade or a "
                "removal is refused then."
            )
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE,
            summary=f"install {_listed(fact.missing)}",
            reasons=tuple(reasons),
            diff=tuple(f"+{one.name} {one.version or ''}".rstrip() for one in fact.arrives),
            steps=(InstallPackages(fact.missing),),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Say what a service that came from elsewhere lacks, or that it cannot be told."""
        fact: InstallFact = facts[self.query]
        service = self.query.service
        if fact.source is Source.CONTAINER:
            text = (
                f"{service} runs in a container, so no packages are installed for it; its image "
                f"has to hold the Python modules {_listed(self.query.modules)}."
            )
        elif fact.source is Source.OTHER and fact.lacking:
            text = (
                f"{service} was not installed from a package, so none is installed for it; its "
                f"Python does not find {_listed(fact.lacking)}. Install what is missing there."
            )
        else:
            return ()
        return (Note(self.target, text),)

    def _refuse(self, fact: InstallFact) -> None:
        wanted = _listed(fact.missing)
        touched = [
            f"{verb} {_listed(names)}"
            for verb, names in (("upgrade", fact.upgrades), ("remove", fact.removes))
            if names
        ]
        if touched:
            raise DeclarationError(
                f"{self.target}: {self.query.service} needs {wanted}, but installing it would "
                f"{' and '.join(touched)}, which setup-tool never does. Install it by hand when "
                "that suits the node, and run again."
            )
        if fact.problem:
            raise DeclarationError(
                f"{self.target}: {self.query.service} needs {wanted}, but {fact.manager} would "
                f"not install it: {fact.problem.rstrip('.')}. Mend that on the node first."
            )


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
