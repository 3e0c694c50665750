"""Templates give texts whose secrets stay apart."""

import jinja2
import pytest

from setup_tool.core.secret import Secret, joined, masked
from setup_tool.editors.client.template import render, unwritable

CANARY = "kanarienvogel-im-template"
SECRET = Secret(CANARY)


def test_a_secret_comes_out_as_a_part_of_its_own() -> None:
    assert render("a {{ key }}{{ key }} b\n", {"key": SECRET}) == ("a ", SECRET, SECRET, " b\n")


def test_a_filter_changes_a_secret_without_showing_it() -> None:
    rendered = render("K={{ key | sh }}", {"key": Secret("it's")})
    assert masked(rendered) == "K=********"
    assert joined(rendered) == Secret("K='it'\\''s'")


def test_other_values_are_written_as_they_are() -> None:
    values = {"name": "<a> & {{ b }}", "number": 3, "yes": True}
    assert render("{{ name }} {{ number }} {{ yes }}", values) == ("<a> & {{ b }} 3 True",)


@pytest.mark.parametrize(
    "template",
    ["{{ key ~ 'x' }}", "{{ key | upper }}", "{{ '%s' | format(key) }}", "{{ [key] | join }}"],
)
def test_a_template_cannot_do_anything_else_with_a_secret(template: str) -> None:
    with pytest.raises(TypeError) as raised:
        render(template, {"key": SECRET})
    assert CANARY not in str(raised.value)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="'kee' is undefined"):
        render("{{ kee }}", {"key": SECRET})


def test_a_comment_stays_on_its_line() -> None:
    assert render("# {{ name | comment }}", {"name": "a\nrm -rf /\r\x1b"}) == ("# a?rm -rf /??",)


@pytest.mark.parametrize("value", ["", " a", "a ", "a\nb", "a\tb", "\x1b[0m", "a\0", "a\u2028b"])
def test_a_value_that_does_not_fit_on_a_line_is_found_out(value: str) -> None:
    assert unwritable(value)
    assert unwritable(Secret(value))


def test_quotes_blanks_and_umlauts_fit_on_a_line() -> None:
    assert not unwritable("a b'\"$`\\#;=ü")
