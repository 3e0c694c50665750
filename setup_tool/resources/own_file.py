"""A file that is wholly ours: what stands in it is what a template of ours says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import ReadFile
from setup_tool.core.transaction import RemoveFile, WriteFile
from setup_tool.editors.diff import masked_content_diff

if TYPE_CHECKING:
    from setup_tool.core.facts import FileFact
    from setup_tool.resources.resource import Answers

MARK = "setup-tool wrote this file"
"""What the first lines of each such file say; a file without it is somebody else's."""
_HEAD = 400
"""Bytes in which the mark must stand."""


def is_ours(content: Content) -> bool:
    """Tell whether a file carries our mark."""
    return MARK.encode() in content.data[:_HEAD]


@dataclass(frozen=True, slots=True)
class OwnFile:
    """One file on one node with these very bytes, or with ``text`` None none of ours.

    One that does not carry our `MARK` is never overwritten or removed. ``owner`` and ``mode`` are
    for a new one.
    """

    target: str
    stage: Stage
    path: str
    text: str | None
    mode: int = 0o644
    owner: str | None = None
    because: tuple[str, ...] = ()

    def queries(self) -> tuple[ReadFile, ...]:
        """Ask for the file."""
        return (ReadFile(self.path),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the writing or removal of the file.

        Raises `DeclarationError` for one that cannot be read, is somebody else's and in the way,
        or cannot be renamed over.
        """
        fact: FileFact = facts[ReadFile(self.path)]
        if fact.problem is not None:
            raise DeclarationError(f"{self.target}: {self.path} cannot be used: {fact.problem}.")
        if self.text is None:
            return self._removed(fact)
        content = Content(self.text.encode())
        if fact.content is not None and fact.content.digest == content.digest:
            return None
        if fact.content is not None and not is_ours(fact.content):
            raise DeclarationError(
                f"{self.target}: {self.path} was not written by setup-tool, which needs that name "
                "for a file of its own. Move it away, or name another place in the inventory."
            )
        if fact.fixed:
            raise DeclarationError(
                f"{self.target}: {self.path} is a mount point, so a new file cannot be renamed "
                "over it. Change the file it is mounted from."
            )
        new = fact.content is None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE if new else Action.UPDATE,
            summary=f"{'make' if new else 'replace'} {self.path}",
            reasons=self.because,
            diff=() if new else masked_content_diff(fact.content, content, name=self.path),
            steps=(
                WriteFile(
                    self.path,
                    content,
                    fact.content.digest if fact.content else None,
                    mode=self.mode,
                    owner=self.owner,
                ),
            ),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Say that a file that should go is somebody else's."""
        fact: FileFact = facts[ReadFile(self.path)]
        if self.text is not None or fact.content is None or is_ours(fact.content):
            return ()
        text = f"{self.path} was not written by setup-tool and stays."
        return (Note(self.target, text),)

    def _removed(self, fact: FileFact) -> Change | None:
        if fact.content is None or not is_ours(fact.content):
            return None
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.DELETE,
            summary=f"remove {self.path}",
            reasons=self.because,
            steps=(RemoveFile(self.path, fact.content.digest),),
        )
