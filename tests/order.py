"""In which order and company the files of tests are run."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_END_TO_END = PurePath("tests/end_to_end")
_ALONE = {
    _END_TO_END / f"test_{name}.py"
    for name in ("rollback", "identity_drift", "candidate", "from_swift3", "demo")
}
"""Those that have clouds of their own."""
_SHARING = {
    _END_TO_END: "served",
    PurePath("tests/verify/s3"): "gateway",
    PurePath("tests/lab"): "running lab",
    PurePath("tests/adapters"): "running lab",
    _END_TO_END / "test_without_s3.py": "running lab",
}
"""Folders and files whose tests have one lab, and what that is called."""
_LONGEST = (
    *(
        "tests/laws/test_operator_killed.py",
        "served",
        "gateway",
        "tests/end_to_end/test_rollback.py",
    ),
    *("running lab", "tests/end_to_end/test_identity_drift.py", "tests/laws", "tests/docs"),
    *("tests/end_to_end", "tests/contracts", "tests/verify"),
)
"""Files, groups and folders, the first to begin first."""


def group_of(path: str) -> str:
    """Return the name of the lab that the file's tests share with others, or else its path."""
    file = PurePath(path)
    return path if file in _ALONE else _SHARING.get(file) or _SHARING.get(file.parent, path)


def rank(item: pytest.Item) -> int:
    """Return when a test is to begin: long ones first, so that all have work to the end."""
    path = item.nodeid.partition("::")[0]
    names = (group_of(path), path, *map(str, PurePath(path).parents))
    return min((_LONGEST.index(name) for name in names if name in _LONGEST), default=len(_LONGEST))
