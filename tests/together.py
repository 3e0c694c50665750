"""Which worker gets which tests: those that share what is expensive to make go to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadFileScheduling

if TYPE_CHECKING:
    from collections.abc import Callable


class Together(LoadFileScheduling):
    """Gives the tests of a file to one worker, with those of the files that it goes with."""

    def __init__(self, *words: object, group_of: Callable[[str], str]) -> None:
        super().__init__(*words)
        self._group_of = group_of
        """Tells the group that a file belongs to, by its path; a file alone is its own."""

    def _split_scope(self, nodeid: str) -> str:
        return self._group_of(str(super()._split_scope(nodeid)))
