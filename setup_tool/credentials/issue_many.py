"""Issue credentials for many users, side by side."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from setup_tool.core.credential import Credential
from setup_tool.core.errors import (
    DeclarationError,
    OverloadedError,
    SetupToolError,
    UnreachableError,
)
from setup_tool.credentials.issue import choose
from setup_tool.credentials.shelf import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from setup_tool.core.credential import KeyPair
    from setup_tool.credentials.shelf import Shelf
    from setup_tool.credentials.wishes import Wish
    from setup_tool.ports import ManyKeys

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 4
"""So many times as there are threads, work waits for them or results for their turn."""


_ENOUGH = 20
"""So many failures of a service itself, without a success between them, are no owner's own."""


class Result(StrEnum):
    """What became of one user and project."""

    MADE = "made now"
    THERE = "there already"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one user and project; ``why`` it failed, ``notes`` for the operator."""

    user: str
    project: str
    result: Result
    access: str | None = None
    directory: str | None = None
    why: str | None = None
    notes: tuple[str, ...] = ()


class Regions(Protocol):
    """Whoever knows which region requests are signed for."""

    def __call__(self, pair: KeyPair) -> str:
        """Return it, having asked with this pair; raises `SetupToolError` for no gateway."""
        ...


@dataclass(frozen=True, slots=True)
class Bundles:
    """Where files are written, for which region, and whether those that are there may change."""

    shelf: Shelf
    region: Regions
    yes: bool = True


class Batch:
    """Issues for one owner after another; may be called from several threads.

    ``new``: a key that is there counts only where it has the label. When a failure is no
    owner's own, as when nothing answers any more, the batch is ``stopped_by`` it and does
    nothing further.
    """

    def __init__(self, keys: ManyKeys, bundles: Bundles | None, *, new: bool) -> None:
        self._keys = keys
        self._bundles = bundles
        self._new = new
        self._region: str | None = None
        self._asking = threading.Lock()
        self._overloaded = 0
        self.stopped_by: SetupToolError | None = None

    def issue(self, wish: Wish, directory: str) -> Outcome | None:
        """Issue for one owner; None where the batch was stopped before that began."""
        if self.stopped_by:
            return None
        owner = wish.owner
        try:
            outcome = self._issued(wish, directory)
        except SetupToolError as error:
            self._overloaded += isinstance(error, OverloadedError)
            if isinstance(error, UnreachableError) or self._overloaded >= _ENOUGH:
                self.stopped_by = self.stopped_by or error
            return Outcome(owner.user, owner.project, Result.FAILED, why=str(error))
        self._overloaded = 0
        return outcome

    def _issued(self, wish: Wish, directory: str) -> Outcome:
        owner, label, bundles = wish.owner, wish.record.label, self._bundles
        there = self._keys.find(owner)
        held: frozenset[str] = frozenset()
        if bundles:
            held = bundles.shelf.try_out(owner, directory)
            self._check_held(held, there, directory)
        usable = [each for each in there if not self._new or each.record.label == label]
        chosen, note = choose(owner, usable, held=held, label=label)
        if bundles and not bundles.yes:
            self._check_unchanged(bundles, chosen or Credential(owner, NOBODY), directory)
        credential = chosen or self._keys.create(owner, wish.record)
        notes = [note] if note else []
        if bundles:
            notes += self._written(bundles, credential, directory, is_new=chosen is None)
        return Outcome(
            owner.user,
            owner.project,
            Result.THERE if chosen else Result.MADE,
            credential.pair.access,
            directory if bundles else None,
            notes=tuple(notes),
        )

    def _check_unchanged(self, bundles: Bundles, credential: Credential, directory: str) -> None:
        """Refuse to change files that are there and not wholly ours: nobody can be asked."""
        there = bundles.shelf.look(credential.owner, directory)
        if not any(there.values()):
            return
        known = credential.pair is not NOBODY
        region = self._region_for(bundles, credential.pair) if known else bundles.shelf.urls.region
        if bundles.shelf.preview(credential, region, there, directory):
            raise DeclarationError(
                f"Files in {directory} would change. Say --yes, which keeps a copy of each, or"
                " issue for this user alone to see what would."
            )

    def _check_held(
        self, held: frozenset[str], there: Sequence[Credential], directory: str
    ) -> None:
        """Refuse a directory with the keys of somebody else."""
        for access in held - {each.pair.access for each in there}:
            if self._keys.owner_of(access) is not None:
                raise SetupToolError(
                    f"The files in {directory} hold the access key {access}, which is another "
                    "user's or for another project. Choose another --directory."
                )

    def _written(
        self, bundles: Bundles, credential: Credential, directory: str, *, is_new: bool
    ) -> list[str]:
        try:
            region = self._region_for(bundles, credential.pair)
        except SetupToolError as error:
            self.stopped_by = self.stopped_by or error
            if is_new:  # nobody has seen it
                with suppress(SetupToolError):
                    self._keys.delete(credential)
            raise
        files = bundles.shelf.put(credential, region, directory)
        return [note for file in files for note in file.notes]

    def _region_for(self, bundles: Bundles, pair: KeyPair) -> str:
        with self._asking:
            if self.stopped_by:
                raise self.stopped_by
            if self._region is None:
                self._region = bundles.region(pair)
            return self._region


def in_order(items: Iterable[T], work: Callable[[T], R], forks: int) -> Iterator[R]:
    """Return what the work gives for each item, in their order, by so many threads.

    Only a few items are taken, and results kept, ahead of the one that is returned.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(forks) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= _AHEAD * forks:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
