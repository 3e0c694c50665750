"""A folder on a node for the files of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.folders import MakeFolder, ReadFolder, RemoveFolder
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import ReadFile

if TYPE_CHECKING:
    from setup_tool.core.folders import FolderFact
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is there, or with ``present`` False is not.

    One that is there already keeps its owner and mode. ``marked``: when it goes, all that lies in
    it goes with it, if it was us who made it; else it goes only when nothing is left in it.
    """

    target: str
    stage: Stage
    path: str
    mode: int = 0o755
    owner: str | None = None
    marked: bool = False
    present: bool = True
    because: tuple[str, ...] = ()

    def queries(self) -> tuple[ReadFolder, ...]:
        """Ask for the folder."""
        return (ReadFolder(self.path),)

    def diff(self, facts: Answers) -> Change | None:
        """Return its making or removal; raises `DeclarationError` where its name is taken."""
        fact: FolderFact = facts[ReadFolder(self.path)]
        if fact.other and self.present:
            raise DeclarationError(
                f"{self.target}: {self.path} is no folder, and setup-tool needs one of that name. "
                "Move it away."
            )
        if self.present and not fact.exists:
            step = MakeFolder(self.path, self.mode, self.owner, marked=self.marked)
            return self._change(Action.CREATE, "make", step)
        if not self.present and fact.exists and (fact.ours or self._is_emptied(fact, facts)):
            return self._change(Action.DELETE, "remove", RemoveFolder(self.path))
        return None

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()

    def _is_emptied(self, fact: FolderFact, facts: Answers) -> bool:
        """Tell whether all that lies in it goes by what is planned before it."""
        files = [ReadFile(f"{self.path}/{name}") for name in fact.names]
        return all(file in facts and facts[file].content is None for file in files)

    def _change(self, action: Action, verb: str, step: MakeFolder | RemoveFolder) -> Change:
        return Change(
            target=self.target,
            stage=self.stage,
            action=action,
            summary=f"{verb} folder {self.path}",
            reasons=self.because,
            steps=(step,),
        )
