"""A file that is to be as a run found it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import ReadFile
from setup_tool.core.transaction import RemoveFile, WriteFile
from setup_tool.editors.diff import masked_content_diff

if TYPE_CHECKING:
    from setup_tool.core.content import Content
    from setup_tool.core.facts import FileFact
    from setup_tool.core.history import BackupFact
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class RestoredFile:
    """One file on one node, with the bytes of ``backup``; None: there was no file.

    ``seen`` is the digest it had when it was decided that it may be overwritten.
    ``in_place``: the inventory allows writing through a bind mount.
    """

    target: str
    stage: Stage
    path: str
    backup: BackupFact | None
    seen: str | None
    in_place: bool = False
    because: tuple[str, ...] = ()

    def queries(self) -> tuple[ReadFile, ...]:
        """Ask for the file."""
        return (ReadFile(self.path),)

    def diff(self, facts: Answers) -> Change | None:
        """Return what brings the file back, with a masked difference.

        Raises `DeclarationError` for a file that cannot be read or renamed over, that
        changed while it was looked at, or whose copy is gone.
        """
        fact: FileFact = facts[ReadFile(self.path)]
        found = fact.content.digest if fact.content else None
        if fact.problem is not None:
            raise DeclarationError(f"{self.target}: {self.path} cannot be used: {fact.problem}.")
        if found != self.seen:
            raise DeclarationError(
                f"{self.target}: {self.path} was changed while it was looked at. Run the command "
                "again."
            )
        if self.backup is None:
            return None if fact.content is None else self._removed(fact.content)
        if self.backup.content is None:
            raise DeclarationError(f"{self.target}: the copy of {self.path} is gone.")
        return self._written(self.backup.content, fact)

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Nothing to say."""
        del facts
        return ()

    def _removed(self, present: Content) -> Change:
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.DELETE,
            summary=f"remove {self.path}",
            reasons=self.because,
            diff=masked_content_diff(present, None, name=self.path),
            steps=(RemoveFile(self.path, present.digest),),
        )

    def _written(self, content: Content, fact: FileFact) -> Change | None:
        if fact.content is not None and fact.content.digest == content.digest:
            return None
        if fact.fixed and not self.in_place:
            raise DeclarationError(
                f"{self.target}: {fact.path} is a mount point, so the old file cannot be renamed "
                "over it. Change the file it is mounted from, or list the path under in_place "
                "in the inventory to have it overwritten, which a crash can leave half done."
            )
        new = fact.content is None
        had = self.backup if new else None
        step = WriteFile(
            self.path,
            content,
            self.seen,
            mode=had.mode if had and had.mode else 0o600,
            in_place=self.in_place and not new,
            owner=(had.owner or None) if had else None,
        )
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE if new else Action.UPDATE,
            summary=f"{'make' if new else 'bring back'} {self.path}",
            reasons=self.because,
            diff=masked_content_diff(fact.content, content, name=self.path),
            steps=(step,),
        )
