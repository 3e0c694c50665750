"""What the filters write is what the readers of those languages read."""

import shlex

import hcl2
import pytest
import yaml as pyyaml
from hypothesis import given
from hypothesis import strategies as st

from setup_tool.editors.client.quoting import csp_hash, hcl, uuid, word, yaml


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_value_is_one_scalar_of_yaml_on_one_line(value: str) -> None:
    assert pyyaml.safe_load(f"{yaml(value)}: {yaml(value)}") == {value: value}
    assert len(yaml(value).splitlines()) == 1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("/home/alice", '"/home/alice"'),
        ('C:\\keys "mine"', r'"C:\\keys \"mine\""'),
        ("${home}%{if x}$$ 100%", '"$${home}%%{if x}$$ 100%"'),
    ],
)
def test_a_string_of_terraform_stands_for_itself(value: str, written: str) -> None:
    assert hcl(value) == written
    assert hcl2.loads(f"x = {written}\n")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_a_word_is_one_word_of_a_shell(value: str) -> None:
    assert shlex.split(word(value)) == [value]


def test_a_word_that_needs_no_quotes_has_none() -> None:
    assert word("/home/alice/keys.d/x_y-z") == "/home/alice/keys.d/x_y-z"


def test_a_value_has_one_uuid_of_its_own() -> None:
    assert uuid("a") == uuid("a") == "e1407479-3136-56c0-9908-bb02fb0339e2"
    assert uuid("a") != uuid("b")


def test_a_script_is_known_to_a_policy_by_its_hash() -> None:
    # From the specification, CSP Level 3, section 8.3.
    assert csp_hash("alert('Hello, world.');") == (
        "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
    )
