"""The run on the node is killed at a hundred instants; the next one settles it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.nodes.chains import INSTANTS, Chain, assert_all_is_well, chains

if TYPE_CHECKING:
    from tests.nodes.faults import Proxy


def test_killed_at_a_hundred_instants_a_run_leaves_whole_files_and_the_next_settles_it(
    served: dict[str, Proxy],
) -> None:
    with ThreadPoolExecutor() as pool:
        killed = sum(pool.map(Chain.of_killed_runs, chains(served)))
    assert killed > INSTANTS // 2, "most must have been cut short for this to show anything"
    assert_all_is_well(served)
