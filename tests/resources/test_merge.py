"""Law 5: one file, one resource."""

from __future__ import annotations

from dataclasses import replace

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Stage
from setup_tool.core.secret import Secret
from setup_tool.editors.ini import Dialect
from setup_tool.editors.pipeline import OF_S3API, OF_SWIFT3_1_8
from setup_tool.resources.config_file import ConfigFile, ListMember, Setting
from setup_tool.resources.identity.role import Role
from setup_tool.resources.journal import Journal
from setup_tool.resources.merge import merged

HERE, THERE = "roles/a.yaml:3", "roles/b.yaml:7"
FILE = ConfigFile("node", Stage.CONTROLLERS, "/etc/nova/nova.conf", Dialect.OSLO)


def setting(key: str, value: str | Secret, origin: str, section: str = "DEFAULT") -> Setting:
    return Setting(section, key, value, origin)


def member(origin: str, *, present: bool = True, section: str = "DEFAULT") -> ListMember:
    return ListMember(section, "enabled_apis", "ec2", present, ("ec2", "metadata"), origin)


def refusal(*files: ConfigFile) -> str:
    with pytest.raises(DeclarationError) as caught:
        merged(files)
    return str(caught.value)


def test_what_two_roles_say_of_a_file_is_one_resource_where_the_first_stood() -> None:
    first = replace(FILE, settings=(setting("a", "1", HERE),), because=("A.", "Both."))
    second = replace(
        FILE,
        settings=(setting("b", "2", THERE),),
        members=(member(THERE),),
        s3_order=OF_S3API,
        because=("Both.", "B."),
    )
    between = Journal("node", Stage.CONTROLLERS, "/var/lib/setup-tool")
    both = replace(
        FILE,
        settings=(setting("a", "1", HERE), setting("b", "2", THERE)),
        members=(member(THERE),),
        s3_order=OF_S3API,
        because=("A.", "Both.", "B."),
    )
    assert merged([first, between, second]) == (both, between)


def test_what_both_say_alike_is_said_once() -> None:
    first = replace(FILE, settings=(setting("a", "1", HERE),), members=(member(HERE),))
    second = replace(FILE, settings=(setting("a", "1", THERE),), members=(member(THERE),))
    assert merged([first, second]) == (first,)


def test_files_of_other_nodes_and_other_paths_stay_apart() -> None:
    files = (FILE, replace(FILE, target="other"), replace(FILE, path="/etc/nova/other.conf"))
    assert merged(files) == files


def test_equal_resources_of_any_kind_become_one() -> None:
    assert merged([Role("service"), FILE, Role("service"), Role("admin")]) == (
        Role("service"),
        FILE,
        Role("admin"),
    )


def test_a_contradiction_names_both_places_and_no_value() -> None:
    first = replace(FILE, settings=(setting("a", Secret("canary-1"), HERE),))
    second = replace(FILE, settings=(setting("a", Secret("canary-2"), THERE),))
    assert refusal(first, second) == (
        "node: /etc/nova/nova.conf: roles/a.yaml:3 and roles/b.yaml:7 declare different values "
        "for [DEFAULT] a. Change one of them."
    )


def test_two_orders_of_one_pipeline_contradict_each_other() -> None:
    first, second = (replace(FILE, s3_order=order) for order in (OF_S3API, OF_SWIFT3_1_8))
    assert merged([first, first]) == (first,)
    assert refusal(first, second) == (
        "node: /etc/nova/nova.conf is declared with the pipelines of s3api and swift3-1.8. Keep "
        "one of them."
    )


def test_a_contradiction_within_one_role_is_found_too() -> None:
    one = replace(FILE, settings=(setting("a", "1", HERE), setting("b", "1", HERE)))
    other = replace(FILE, settings=(setting("b", "2", HERE),))
    assert f"{HERE} and {HERE} declare different values for [DEFAULT] b" in refusal(one, other)


def test_a_member_cannot_be_wanted_and_unwanted() -> None:
    first = replace(FILE, members=(member(HERE),))
    second = replace(FILE, members=(member(THERE, present=False),))
    assert refusal(first, second) == (
        "node: /etc/nova/nova.conf: roles/a.yaml:3 and roles/b.yaml:7 contradict each other about "
        "ec2 in [DEFAULT] enabled_apis. Change one of them."
    )


def test_sections_that_oslo_takes_for_one_are_one() -> None:
    first = replace(FILE, settings=(setting("a", "1", HERE, section="Neutron"),))
    second = replace(FILE, settings=(setting("a", "2", THERE, section="neutron"),))
    assert "declare different values" in refusal(first, second)
    paste = [replace(each, dialect=Dialect.PASTE) for each in (first, second)]
    assert len(merged(paste)) == 1


@pytest.mark.parametrize(
    "second", [replace(FILE, dialect=Dialect.PASTE), replace(FILE, stage=Stage.PROXIES)]
)
def test_a_file_has_one_dialect_and_one_stage(second: ConfigFile) -> None:
    sentence = refusal(FILE, second)
    assert sentence.startswith("node: /etc/nova/nova.conf is declared as OSLO in stage controllers")
    assert f"as {second.dialect.name} in stage {second.stage.name.lower()}." in sentence


def test_writing_in_place_needs_the_consent_of_both() -> None:
    consenting = replace(FILE, in_place=True)
    assert merged([consenting, consenting]) == (consenting,)
    assert merged([consenting, FILE]) == (FILE,)
    assert not FILE.in_place
