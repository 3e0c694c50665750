"""Ranges in host names; the listed expectations are what ansible-core 2.19 makes of them."""

from __future__ import annotations

import string
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.declare.host_ranges import expand, split_port

SLOW_MACHINES = settings(deadline=None)

EXPANDED = {
    "proxy": ["proxy"],
    "proxy[1:3]": ["proxy1", "proxy2", "proxy3"],
    "n[01:10:3]": ["n01", "n04", "n07", "n10"],
    "db-[a:c]-[1:2]": ["db-a-1", "db-a-2", "db-b-1", "db-b-2", "db-c-1", "db-c-2"],
    "x[8:11].example.org": [f"x{n}.example.org" for n in (8, 9, 10, 11)],
    "l[x:C]": ["lx", "ly", "lz", "lA", "lB", "lC"],
    "m[:2]": ["m0", "m1", "m2"],
    "10.0.0.[1:3]": ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
    "fe80::1": ["fe80::1"],
    "p[0:0]": ["p0"],
}


@pytest.mark.parametrize(("name", "hosts"), EXPANDED.items())
def test_a_range_stands_for_the_hosts_ansible_makes_of_it(name: str, hosts: list[str]) -> None:
    assert list(expand(name)) == hosts


@pytest.mark.parametrize(
    ("name", "problem"),
    {
        "p[1:3": "brackets do not match",
        "p1:3]": "brackets do not match",
        "p[1]": "first:last",
        "p[1:2:3:4]": "first:last",
        "p[1:]": "no end",
        "p[3:1]": "ends before it begins",
        "p[c:a]": "ends before it begins",
        "p[1:3:0]": "step",
        "p[1:3:x]": "step",
        "p[01:100]": "same length",
        "p[a:3]": "two numbers or between two letters",
        "p[ab:cd]": "two numbers or between two letters",
        "p[0:99999999]": "more than 65536",
        "p[1:999][1:999]": "more than 65536",
        "p[1:99999999999999999999]": "two numbers",
        "p[²:3]": "two numbers",
    }.items(),
)
def test_a_range_that_is_none_is_refused_with_the_reason(name: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        expand(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    {
        "proxy1": ("proxy1", None),
        "proxy1:2222": ("proxy1", "2222"),
        "p[1:2]:99": ("p[1:2]", "99"),
        "p[1:2]": ("p[1:2]", None),
        "::1": ("::1", None),
        "fe80::1": ("fe80::1", None),
        "[::1]:22": ("::1", "22"),
        "10.0.0.1:22": ("10.0.0.1", "22"),
    }.items(),
)
def test_a_port_after_a_host_is_told_from_an_address_and_a_range(
    name: str, parts: tuple[str, str | None]
) -> None:
    assert split_port(name) == parts


literals = st.text(string.ascii_letters + string.digits + ".-_", max_size=5)


@st.composite
def number_ranges(draw: st.DrawFn) -> tuple[str, list[str]]:
    first = draw(st.integers(0, 120))
    last = first + draw(st.integers(0, 30))
    step = draw(st.integers(1, 7))
    width = draw(st.sampled_from([0, 4]))
    written = [f"{bound:0{width}d}" if width else str(bound) for bound in (first, last)]
    text = ":".join(written) + (f":{step}" if step != 1 or draw(st.booleans()) else "")
    values = [n for n in range(1000) if first <= n <= last and (n - first) % step == 0]
    return f"[{text}]", [f"{n:0{width}d}" if width else str(n) for n in values]


@st.composite
def letter_ranges(draw: st.DrawFn) -> tuple[str, list[str]]:
    first, last = sorted(
        draw(st.lists(st.sampled_from(string.ascii_lowercase), min_size=2, max_size=2))
    )
    return f"[{first}:{last}]", [c for c in string.ascii_lowercase if first <= c <= last]


@SLOW_MACHINES
@given(
    st.lists(
        st.one_of(literals.map(lambda t: (t, [t])), number_ranges(), letter_ranges()), max_size=4
    )
)
def test_several_ranges_multiply_from_left_to_right(parts: list[tuple[str, list[str]]]) -> None:
    name = "".join(written for written, _ in parts)
    expected = ["".join(combination) for combination in product(*(values for _, values in parts))]
    if len(expected) <= 65536:
        assert list(expand(name)) == expected
