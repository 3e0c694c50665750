"""Role files: what they say, and how a bad one is refused."""

from __future__ import annotations

from typing import Any

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Stage
from setup_tool.core.secret import Secret
from setup_tool.declare.roles import Declaration, Values, fill, load_role

FILE = "roles/mine.yaml"
HEAD = "role: mine\neach: node\nstage: proxies\n"


def refusal(text: str) -> str:
    with pytest.raises(DeclarationError) as caught:
        load_role(text, FILE)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_a_role_says_what_is_declared_for_whom_and_when() -> None:
    role = load_role(
        "role: mine\n"
        "title: My own\n"
        "each: node\n"
        "stage: proxies\n"
        "resources:\n"
        "  - config_file: {path: '${conf}', in_place: no, lines: [1, two, True]}\n"
        "  - each: login\n"
        "    stage: accounts\n"
        "    project: {}\n",
        FILE,
    )
    assert (role.name, role.title) == ("mine", "My own")
    assert role.declarations == (
        Declaration(
            "config_file",
            {"path": "${conf}", "in_place": False, "lines": [1, "two", True]},
            "node",
            Stage.PROXIES,
            "roles/mine.yaml:6",
        ),
        Declaration("project", {}, "login", Stage.ACCOUNTS, "roles/mine.yaml:7"),
    )


def test_a_role_without_a_title_is_called_by_its_name() -> None:
    assert load_role(f"{HEAD}resources: [service: {{}}]", FILE).title == "mine"


def test_nothing_said_is_none_in_any_spelling_and_quoted_words_are_texts() -> None:
    text = f"{HEAD}resources:\n- service: {{a: , b: ~, c: null, d: 'null', e: 'yes', f: '7'}}\n"
    (declaration,) = load_role(text, FILE).declarations
    assert declaration.fields == {
        "a": None,
        "b": None,
        "c": None,
        "d": "null",
        "e": "yes",
        "f": "7",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", f"{FILE}: a role is a mapping with 'role' and 'resources'."),
        ("- a\n", f"{FILE}: a role is a mapping with 'role' and 'resources'."),
        ("role: mine\n", f"{FILE}:1: a role is a mapping with 'role' and 'resources'."),
        ("resources: [a: {}]\n", f"{FILE}:1: a role is a mapping with 'role' and 'resources'."),
        (f"{HEAD}resources: []\n", f"{FILE}:1: a role is a mapping with 'role' and 'resources'."),
        (f"{HEAD}resources: {{}}\n", f"{FILE}:1: a role is a mapping with 'role' and 'resources'."),
        ("role: [\n", f"{FILE}:2: This is not valid YAML"),
        ("role: mine\n\tx: 1\n", f"{FILE}:2: This is not valid YAML: a tab stands in"),
        ("role: a\nrole: b\n", f"{FILE}:2: this key stands already at {FILE}:1."),
        (f"{HEAD}tasks: []\n", f"{FILE}:4: unknown key 'tasks'; allowed are each, resources,"),
        ("role:\nresources: [a: {}]\n", f"{FILE}:1: 'role' must be a text."),
        ("role: [a]\nresources: [a: {}]\n", f"{FILE}:1: 'role' must be a text."),
        ("role: 7\nresources: [a: {}]\n", f"{FILE}:1: 'role' must be a text."),
        ("role: a\nstage: {}\nresources: [a: {}]\n", f"{FILE}:2: 'stage' must be a text."),
    ],
)
def test_a_file_that_is_no_role_is_refused_with_its_line(text: str, sentence: str) -> None:
    assert refusal(text).startswith(sentence)


@pytest.mark.parametrize(
    ("resource", "sentence"),
    [
        ("- service", ":5: a resource is a mapping of its kind to what it declares."),
        ("- [service]", ":5: a resource is a mapping of its kind to what it declares."),
        ("- {}", ":5: a resource has exactly one kind."),
        ("- {a: {}, b: {}}", ":5: a resource has exactly one kind."),
        ("- a: {}\n  a: {}", ":6: this key stands already at roles/mine.yaml:5."),
        ("- a:\n    b: 1\n    b: 2", ":7: this key stands already at roles/mine.yaml:6."),
        ("- service:", ":5: what 'service' declares must be a mapping."),
        ("- service: text", ":5: what 'service' declares must be a mapping."),
        ("- service: [text]", ":5: what 'service' declares must be a mapping."),
        ("- {each: host, a: {}}", ":5: 'each' must be one of node, login, api."),
        ("- {each: [node], a: {}}", ":5: 'each' must be one of node, login, api."),
        ("- {each: , a: {}}", ":5: 'each' must be one of node, login, api."),
        ("- {stage: later, a: {}}", ":5: 'stage' must be one of beforehand, accounts,"),
        ("- {stage: [proxies], a: {}}", ":5: 'stage' must be one of beforehand, accounts,"),
        ("- {stage: {a: b}, a: {}}", ":5: 'stage' must be one of beforehand, accounts,"),
        ("- a: {b: 0x1F}", ":5: this is no text, number or truth value to YAML."),
        ("- a: {b: 017}", ":5: this is no text, number or truth value to YAML."),
        ("- a: {b: 1:30}", ":5: this is no text, number or truth value to YAML."),
        ("- a: {b: 2.30}", ":5: this is no text, number or truth value to YAML."),
        ("- a: {b: 2026-11-21}", ":5: this is no text, number or truth value to YAML."),
        ("- a: {b: !vault x}", ":5: this is no text, number or truth value to YAML."),
    ],
)
def test_a_bad_resource_is_refused_with_its_line(resource: str, sentence: str) -> None:
    assert refusal(f"{HEAD}resources:\n{resource}\n").startswith(f"{FILE}{sentence}")


def test_a_resource_needs_a_stage_and_somebody_to_be_for() -> None:
    sentence = refusal("role: mine\nresources:\n- a: {}\n")
    assert sentence == f"{FILE}:3: 'each' must be one of node, login, api."
    sentence = refusal("role: mine\neach: node\nresources:\n- a: {}\n")
    assert sentence.startswith(f"{FILE}:4: 'stage' must be one of")


VALUES: Values = {
    "url": "http://k",
    "port": 8080,
    "word": Secret("canary"),
    "wanted": True,
    "units": ("a", "b"),
    "nothing": None,
    "key": "user_domain_id",
}


@pytest.mark.parametrize(
    ("declared", "filled"),
    [
        ("${url}", "http://k"),
        ("${url}/v3", "http://k/v3"),
        ("${url}:${port}", "http://k:8080"),
        ("${port}", 8080),
        ("${word}", Secret("canary")),
        ("${wanted}", True),
        ("${units}", ("a", "b")),
        ("$url and {url}", "$url and {url}"),
        (7, 7),
        (True, True),
        (["${url}", "${nothing}", "x"], ["http://k", "x"]),
        ({"${key}": "default", "gone": "${nothing}"}, {"user_domain_id": "default"}),
        ({"a": {"b": ["${port}"]}}, {"a": {"b": [8080]}}),
        ({"${nothing}": "gone"}, {}),
    ],
)
def test_references_are_filled_in_with_values_of_their_own_kind(declared: Any, filled: Any) -> None:
    assert fill(declared, VALUES, "roles/mine.yaml:5") == filled


@pytest.mark.parametrize("name", ["uri", "Url", "url-", "", " url"])
@pytest.mark.parametrize("around", ["${%s}", "x ${%s} y"])
def test_an_unknown_reference_is_refused_with_the_names_there_are(name: str, around: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        fill(around % name, {"url": "", "port": 1}, "roles/mine.yaml:5")
    assert str(caught.value) == (
        f"roles/mine.yaml:5: no value is called '{name}'; there are port, url."
    )


@pytest.mark.parametrize("name", ["word", "wanted", "units", "nothing"])
def test_within_a_text_only_texts_and_numbers_stand_and_never_a_secret(name: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        fill(f"x${{{name}}}", VALUES, "roles/mine.yaml:5")
    assert str(caught.value) == f"roles/mine.yaml:5: ${{{name}}} cannot stand within a text."
