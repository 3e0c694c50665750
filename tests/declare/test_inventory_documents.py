"""The example and the page say what the code reads."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.inventory import Settings, make_inventory, parse_inventory
from setup_tool.declare.settings import VARIABLES

SLOW_MACHINES = settings(deadline=None)

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "inventory" / "example.yaml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
SWITCHED_OFF = re.findall(r"^ *#(?=\S)(.*)$", EXAMPLE, re.MULTILINE)


def test_the_example_is_an_inventory() -> None:
    found = make_inventory(parse_inventory(EXAMPLE, "example.yaml"))
    assert [node.name for node in found.members("controller")] == [
        f"controller{number}.example.org" for number in (1, 2, 3)
    ]
    assert [node.access.port for node in found.members("proxy")] == [22, 2222]


def test_the_example_shows_every_variable_once() -> None:
    shown = re.findall(r"^ *#?([a-z0-9_]+):(?= )", EXAMPLE, re.MULTILINE)
    ours = [name for name in shown if name in VARIABLES]
    assert sorted(ours) == sorted(VARIABLES)


@pytest.mark.parametrize("line", SWITCHED_OFF)
def test_each_variable_the_example_leaves_out_can_be_switched_on(line: str) -> None:
    text = EXAMPLE.replace(f"#{line}", line)
    names = {"ansible_become_password", "ansible_ssh_private_key_file", "ansible_ssh_common_args"}
    found = make_inventory(parse_inventory(text, "example.yaml"))
    assert text != EXAMPLE
    name = line.partition(":")[0]
    assert name in names or any(name in node.settings.origins for node in found.nodes)


def test_the_page_has_a_row_for_every_setting_and_for_nothing_else() -> None:
    table = PAGE.split("\n## Variables\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z0-9_]+)` \| (.*?) \|", table, re.MULTILINE)
    assert [name for name, _ in rows] == list(VARIABLES)
    for name, default in rows:
        value = next(f.default for f in dataclasses.fields(Settings) if f.name == name)
        if isinstance(value, str):
            assert default == f"`{value}`"


def test_the_pages_example_is_an_inventory() -> None:
    block = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    assert len(make_inventory(parse_inventory(block, "page")).nodes) == 5


EVERYTHING_ON = re.sub(r"^( *)#(?=\S)", r"\1", EXAMPLE, flags=re.MULTILINE)
SCRAPS = (
    *("{{", "}}", "[", "]", "{", "}", ":", "\t", "\n", " ", "'", '"', "%", "-", "0"),
    *("&a", "*a", "!vault", "<<: ", "[1:3]", "? ", "\x00", "\x85", "é", "\ufeff"),
)


@SLOW_MACHINES
@given(st.data())
def test_a_damaged_inventory_is_read_or_refused_in_a_sentence(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([EXAMPLE, EVERYTHING_ON]))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        gone = data.draw(st.sampled_from([0, 0, 1, 3, 20]))
        text = text[:start] + data.draw(st.sampled_from(("", *SCRAPS))) + text[start + gone :]
    assert _outcome(text).startswith(("nodes: ", "damaged.yaml:"))


names = st.sampled_from(
    [*VARIABLES, "all", "hosts", "children", "vars", "p1", "p[1:2]", "ansible_host", "ansible_port"]
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.dates() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@SLOW_MACHINES
@given(st.dictionaries(names, documents), documents, documents, documents)
def test_any_values_anywhere_are_read_or_refused_in_a_sentence(
    groups: dict[str, object], variables: object, host: object, children: object
) -> None:
    proxy = {"hosts": {"p1": host}, "vars": variables, "children": children}
    for inventory in (groups, {**groups, "proxy": proxy}, {"proxy": {"hosts": {"p1": variables}}}):
        text = yaml.safe_dump(inventory)
        assert _outcome(text).startswith(("nodes: ", "damaged.yaml:"))


def _outcome(text: str) -> str:
    try:
        found = make_inventory(parse_inventory(text, "damaged.yaml"))
    except DeclarationError as refusal:
        return str(refusal)
    return f"nodes: {len(found.nodes)}"
