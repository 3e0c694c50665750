from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup_tool.core.credential import Owner
from setup_tool.core.identity import DomainRef
from setup_tool.credentials.folder_names import LONGEST, folder_names

DEMO = Owner("u1", "demo", "p1", "web", DomainRef(name="Default"), DomainRef(name="Default"))

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=120
)


def test_a_name_is_that_of_the_user_and_of_the_project() -> None:
    zoe = replace(DEMO, user_id="u2", user="zoë.b@example.org")
    assert folder_names([DEMO, zoe]) == ("demo-web", "zoë.b@example.org-web")


@pytest.mark.parametrize(
    "user", ["a/b", "../..", "$HOME", ".hidden", "-rf", "a b", "a\\b", "ö" * 99]
)
def test_what_a_file_system_or_a_shell_takes_amiss_is_replaced_and_told_by_a_digest(
    user: str,
) -> None:
    (name,) = folder_names([replace(DEMO, user=user)])
    assert not set(name) & set("/$\\ ")
    assert not name.startswith((".", "-"))
    assert len(name.encode()) <= LONGEST
    (other,) = folder_names([replace(DEMO, user=f"{user}!")])
    assert name != other


def test_names_that_would_be_the_same_get_their_domains_and_else_their_ids() -> None:
    there = replace(DEMO, user_id="u2", user_domain=DomainRef(id="d2"))
    assert folder_names([DEMO, there]) == ("demo@Default-web@Default", "demo@d2-web@Default")
    dashes = [replace(DEMO, user="a-b", project="c"), replace(DEMO, user="a", project="b-c")]
    assert folder_names(dashes) == ("a-b@Default-c@Default", "a@Default-b-c@Default")
    cases = [DEMO, replace(DEMO, user_id="u2", user="DEMO")]
    first, second = folder_names(cases)
    assert first.startswith("demo-web-")
    assert second.startswith("DEMO-web-")


@given(st.lists(st.tuples(NAMES, NAMES), max_size=6, unique=True))
def test_no_two_owners_share_a_directory(pairs: list[tuple[str, str]]) -> None:
    owners = [Owner(f"u{at}", *pair[:1], f"p{at}", pair[1]) for at, pair in enumerate(pairs)]
    names = folder_names(owners)
    assert len({name.casefold() for name in names}) == len(owners)
    assert all(len(name.encode()) <= LONGEST and "/" not in name for name in names)
