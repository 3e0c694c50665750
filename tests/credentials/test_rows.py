from __future__ import annotations

from datetime import UTC, datetime

import pytest

from setup_tool.core.account import Named
from setup_tool.core.errors import DeclarationError
from setup_tool.core.key_record import KeyRecord
from setup_tool.credentials.rows import Row, read_rows

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def read(text: str | bytes, defaults: KeyRecord | None = None, **more: str) -> tuple[Row, ...]:
    data = text.encode() if isinstance(text, str) else text
    return read_rows(data, "f.csv", defaults or KeyRecord(), NOW, **more)


def refusal(text: str | bytes) -> str:
    with pytest.raises(DeclarationError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_marks_line_ends_blank_lines_and_quotes_do_not_matter(mark: str, end: str) -> None:
    lines = ["", "project, user", '"a ""b"", c",  Zoë ', "", " , ", "p,u"]
    first, second = read(mark + end.join(lines))
    assert (first.user, first.project) == (Named("Zoë"), Named('a "b", c'))
    assert (second.user, second.place) == (Named("u"), "f.csv:6")


def test_domains_are_the_rows_own_or_that_of_both_or_the_one_said() -> None:
    header = "user,project,domain,user_domain,project_domain\n"
    both, own, none = read(f"{header}a,p,d,,\nb,p,d,ud,pd\nc,p,,,\n", domain="said")
    assert (both.user.domain, both.project.domain) == ("d", "d")
    assert (own.user.domain, own.project.domain) == ("ud", "pd")
    assert (none.user.domain, none.project.domain) == ("said", "said")


def test_what_a_row_leaves_empty_is_as_for_all() -> None:
    defaults = KeyRecord(label="all", purpose="backup", issued=NOW)
    own, same = read("user,project,label,expires\na,p,mine,2027-03-31\nb,p,,\n", defaults)
    assert (own.record.label, own.record.purpose, own.record.issued) == ("mine", "backup", NOW)
    assert own.record.expires == datetime(2027, 3, 31, 23, 59, 59, tzinfo=UTC)
    assert same.record == defaults


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.csv:1: the header names no column user and no project."),
        ("user,proyect\n", "f.csv:1: the header names no column project."),
        ("user,project,role\n", "f.csv:1: the header has a column 'role'."),
        ("user,project,user\n", "f.csv:1: the header has column user twice."),
        ("user,project\n\n", "f.csv has no row below its header"),
        ("user,project\na\n", "f.csv:2: there are 1 values, and 2 columns"),
        ("user,project\n\na,\n", "f.csv:3: there is no project."),
        ("user,project\na\x07,p\n", "f.csv:2: there is a control character"),
        ('user,project\n"a,p\n', "f.csv:2: this is no CSV (unexpected end of data)"),
        ('user,project\n"a"b,p\n', "f.csv:2: this is no CSV"),
        (b"user,project\na,p\nb\xff,p\n", "f.csv:3: this is not UTF-8."),
        ("user,project,expires\na,p,2020-01-01\n", "f.csv:2: expires '2020-01-01' should be"),
        ("user,project\na,p\nb,p\na,p\n", "f.csv:4: this is the user and the project of f.csv:2"),
    ],
)
def test_a_fault_is_named_with_its_line(text: str | bytes, said: str) -> None:
    assert refusal(text).startswith(said)


def test_all_faults_are_named_up_to_a_point() -> None:
    assert refusal("user,project\na,\n,b\n").splitlines() == [
        "f.csv:2: there is no project.",
        "f.csv:3: there is no user.",
    ]
    many = refusal("user,project\n" + "a,\n" * 30).splitlines()
    assert (len(many), many[-1]) == (21, "... and 10 more.")
