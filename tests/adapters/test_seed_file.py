from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.machine import SystemClock
from setup_tool.adapters.seed_file import LIFETIME, SeedFile
from setup_tool.core.errors import SetupToolError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "seed"


def seed_of(path: Path, *, settled: bool) -> str:
    file = SeedFile(path, SystemClock())
    with file.held() as seed:
        assert path.stat().st_mode & 0o7777 == 0o600
        if settled:
            assert file.settle()
        return seed.reveal()


def test_a_seed_stays_until_a_run_has_come_to_its_end(path: Path) -> None:
    first = seed_of(path, settled=False)
    assert len(first) == 32
    assert seed_of(path, settled=True) == first
    assert not path.exists()
    assert seed_of(path, settled=False) != first
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_runs_at_the_same_time_share_a_seed_and_the_last_one_takes_it_away(path: Path) -> None:
    one, other = SeedFile(path, SystemClock()), SeedFile(path, SystemClock())
    with one.held() as seed:
        with other.held() as same:
            assert same == seed
            assert not one.settle()
        assert path.exists()
        assert one.settle()
    assert not path.exists()


def test_a_seed_of_days_ago_is_not_used_unless_a_run_holds_it(path: Path) -> None:
    first = seed_of(path, settled=False)
    old = datetime.now(UTC).timestamp() - LIFETIME - 60
    os.utime(path, (old, old))
    with SeedFile(path, SystemClock()).held() as fresh:
        assert fresh.reveal() != first
        os.utime(path, (old, old))
        with SeedFile(path, SystemClock()).held() as shared:
            assert shared == fresh


def test_where_no_state_can_be_kept_nothing_is_begun(path: Path) -> None:
    path.parent.write_text("a file in the folder's place")
    with (
        pytest.raises(SetupToolError, match="XDG_STATE_HOME"),
        SeedFile(path, SystemClock()).held(),
    ):
        pytest.fail("held a seed that is not kept")
