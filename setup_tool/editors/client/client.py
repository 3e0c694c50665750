"""What makes up a client: its files, and how each is brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.core.secret import Text
    from setup_tool.editors.client.settings import Mark


class Merge(Protocol):
    """Brings a file up to date."""

    def __call__(self, before: str, declared: Text, *, name: str) -> Text:
        """Return the file with what ``declared`` says and, of ``before``, everything else.

        ``declared`` is the rendered template, ``before`` is empty for a new file, and
        ``name`` is what messages call the file. Raises `DeclarationError` when the file
        cannot be edited safely, or cannot say what is declared.
        """
        ...


@dataclass(frozen=True, slots=True)
class ClientFile:
    """A file of a bundle, by its path in it, and the template that it comes from."""

    path: str
    template: str
    merge: Merge


@dataclass(frozen=True, slots=True)
class Client:
    """A program, or a family of them, that reads the same files.

    ``mark`` finds what the place that we write to is for: given the texts of the
    client's files that exist, by path, the profile, and the directory, for messages;
    None when the place is free. It raises `FileProblemError` for a file that cannot be
    understood.
    """

    files: tuple[ClientFile, ...]
    mark: Callable[[Mapping[str, str], str, str], Mark | None]
    needs_s3: bool = False
