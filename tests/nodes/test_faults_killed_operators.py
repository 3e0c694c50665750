"""The operator's process is killed at a hundred instants; the node goes on by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.nodes.chains import INSTANTS, Chain, assert_all_is_well, chains

if TYPE_CHECKING:
    from tests.nodes.faults import Proxy


def test_killed_at_a_hundred_instants_an_operator_leaves_a_run_that_goes_on_to_its_end(
    served: dict[str, Proxy],
) -> None:
    with ThreadPoolExecutor() as pool:
        killed = sum(pool.map(Chain.of_killed_operators, chains(served)))
    assert killed > INSTANTS // 2, "most must have been cut short for this to show anything"
    assert_all_is_well(served)
