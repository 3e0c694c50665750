from __future__ import annotations

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import FileFact
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import ReadFile
from setup_tool.core.secret import MASK, Secret
from setup_tool.core.transaction import WriteFile
from setup_tool.editors.ini import Dialect
from setup_tool.resources.config_file import ConfigFile, ListMember, Setting, open_config
from tests.editors.oracles import oslo_reads

PATH = "/etc/nova/nova.conf"
CANARY = "canary-of-nova"


def fact(text: str, **rest: object) -> dict[ReadFile, FileFact]:
    return {ReadFile(PATH): FileFact(PATH, Content(text.encode()), **rest)}  # type: ignore[arg-type]


def setting(key: str, value: str | Secret | bool | int, section: str = "DEFAULT") -> Setting:  # noqa: FBT001
    return Setting(section, key, value, "roles/a.yaml:3")


def apis(member: str, *, present: bool) -> ListMember:
    default = ("ec2", "osapi_compute", "metadata")
    return ListMember("DEFAULT", "enabled_apis", member, present, default, "roles/a.yaml:4")


def declared(*said: Setting | ListMember, in_place: bool = False) -> ConfigFile:
    return ConfigFile(
        target="controller",
        stage=Stage.CONTROLLERS,
        path=PATH,
        dialect=Dialect.OSLO,
        settings=tuple(each for each in said if isinstance(each, Setting)),
        members=tuple(each for each in said if isinstance(each, ListMember)),
        in_place=in_place,
        because=("It must be so.",),
    )


def changed(resource: ConfigFile, text: str, **rest: object) -> Change:
    change = resource.diff(fact(text, **rest))
    assert change is not None
    return change


def written(resource: ConfigFile, text: str) -> str:
    (step,) = changed(resource, text).steps
    assert isinstance(step, WriteFile)
    return step.content.reveal().decode()


def test_a_file_that_says_so_already_needs_nothing() -> None:
    resource = declared(setting("a", "1"), setting("b", True), setting("c", Secret(CANARY)))  # noqa: FBT003
    text = f"[DEFAULT]\na=1\nb = yes\nc: {CANARY}\n"
    assert resource.queries() == (ReadFile(PATH),)
    assert resource.diff(fact(text)) is None
    assert resource.notes(fact(text)) == ()


def test_a_change_names_the_file_and_replaces_the_bytes_that_were_seen() -> None:
    change = changed(declared(setting("a", 2)), "[DEFAULT]\na=1\n")
    assert (change.target, change.stage) == ("controller", Stage.CONTROLLERS)
    assert (change.action, change.summary) == (Action.UPDATE, f"edit {PATH}")
    assert change.reasons == ("It must be so.",)
    assert change.diff == (
        f"--- {PATH}",
        f"+++ {PATH}",
        "@@ line 1 [DEFAULT]",
        " [DEFAULT]",
        "-a=1",
        "+a=2",
    )
    replaces = Content(b"[DEFAULT]\na=1\n").digest
    assert change.steps == (WriteFile(PATH, Content(b"[DEFAULT]\na=2\n"), replaces),)


def test_a_secret_is_written_as_it_is_and_shown_as_a_mask() -> None:
    change = changed(declared(setting("login", Secret(f"{CANARY}$x"))), "[DEFAULT]\n")
    (step,) = change.steps
    assert isinstance(step, WriteFile)
    assert oslo_reads(step.content.reveal().decode(), "DEFAULT", "login") == f"{CANARY}$x"
    assert change.diff[-1] == f"+login = {MASK}"
    assert CANARY not in repr(change)


@pytest.mark.parametrize("value", ["two\nlines", "a blank "])
def test_a_value_that_cannot_be_written_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(DeclarationError, match=r"\[DEFAULT\] login cannot be written") as caught:
        declared(setting("login", Secret(value))).diff(fact("[DEFAULT]\n"))
    assert value not in str(caught.value)


@pytest.mark.parametrize("spelling", ["true", "True", "1", "yes", "ON", "t", "y"])
def test_truth_is_compared_and_its_spelling_kept(spelling: str) -> None:
    text = f"[DEFAULT]\na = {spelling}\n"
    assert declared(setting("a", True)).diff(fact(text)) is None  # noqa: FBT003
    assert written(declared(setting("a", False)), text) == "[DEFAULT]\na = false\n"  # noqa: FBT003


@pytest.mark.parametrize("spelling", ["false", "0", "no", "Off", "", "perhaps"])
def test_what_is_not_true_is_false(spelling: str) -> None:
    text = f"[DEFAULT]\na = {spelling}\n"
    assert declared(setting("a", False)).diff(fact(text)) is None  # noqa: FBT003
    assert written(declared(setting("a", True)), text) == "[DEFAULT]\na = true\n"  # noqa: FBT003


def test_a_truth_that_is_not_set_is_written_even_where_it_may_be_the_default() -> None:
    assert written(declared(setting("a", False)), "[DEFAULT]\n") == "[DEFAULT]\na = false\n"  # noqa: FBT003


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("enabled_apis = osapi_compute", "enabled_apis = ec2,osapi_compute"),
        ("enabled_apis =", "enabled_apis = ec2"),
        ("enabled_apis = a, ,b,", "enabled_apis = ec2,a,b"),
        ("enabled_apis = a\nenabled_apis = b", "enabled_apis = a\nenabled_apis = ec2,b"),
    ],
)
def test_a_member_that_is_missing_is_put_first(before: str, after: str) -> None:
    resource = declared(apis("ec2", present=True))
    assert written(resource, f"[DEFAULT]\n{before}\n") == f"[DEFAULT]\n{after}\n"


@pytest.mark.parametrize("said", ["", "enabled_apis = x , ec2", "enabled_apis=ec2,\n  x"])
def test_a_member_that_is_there_or_is_so_by_default_needs_nothing(said: str) -> None:
    assert declared(apis("ec2", present=True)).diff(fact(f"[DEFAULT]\n{said}\n")) is None


def test_a_member_that_the_default_lacks_is_written_with_the_default() -> None:
    text = written(declared(apis("mine", present=True)), "[DEFAULT]\n")
    assert text == "[DEFAULT]\nenabled_apis = mine,ec2,osapi_compute,metadata\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("enabled_apis = a, ec2 ,b", "enabled_apis = a,b"),
        ("", "enabled_apis = osapi_compute,metadata"),
        ("enabled_apis = ec2", "enabled_apis = osapi_compute,metadata"),
    ],
)
def test_a_member_is_taken_out_and_no_list_left_empty(before: str, after: str) -> None:
    text = written(declared(apis("ec2", present=False)), f"[DEFAULT]\n{before}\n")
    assert after in text.splitlines()


def test_options_under_a_wrong_header_are_noted_with_their_lines() -> None:
    resource = declared(
        setting("keystone_ec2_url", "http://k"),
        setting("auth_url", "http://k", section="neutron"),
        apis("ec2", present=True),
    )
    text = "[DEFAULT]\n[cells]\nenabled_apis = a\nkeystone_ec2_url = b\nauth_url = c\n"
    where = "where it is not read; it belongs in [DEFAULT]."
    assert resource.notes(fact(text)) == (
        Note("controller", f"{PATH}, line 3: enabled_apis stands in [cells], {where}"),
        Note("controller", f"{PATH}, line 4: keystone_ec2_url stands in [cells], {where}"),
    )


def test_a_mount_point_is_refused_unless_it_may_be_written_in_place() -> None:
    with pytest.raises(DeclarationError, match="is a mount point"):
        declared(setting("a", "2")).diff(fact("[DEFAULT]\na=1\n", fixed=True))
    change = changed(declared(setting("a", "2"), in_place=True), "[DEFAULT]\na=1\n", fixed=True)
    (step,) = change.steps
    assert isinstance(step, WriteFile)
    assert step.in_place


def test_a_mount_point_behind_a_link_is_named_where_it_is() -> None:
    facts = {ReadFile(PATH): FileFact("/srv/nova.conf", Content(b"[DEFAULT]\na=1\n"), fixed=True)}
    with pytest.raises(DeclarationError, match=r"^controller: /srv/nova\.conf is a mount point"):
        declared(setting("a", "2")).diff(facts)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (FileFact(PATH), "cannot be used: it does not exist."),
        (FileFact(PATH, problem="permission denied"), "cannot be used: permission denied."),
        (FileFact(PATH, Content(b" \r\n\t\n")), "is empty."),
        (FileFact(PATH, Content(b"[DEFAULT]\nname = gr\xf6\xdfe\n")), "this is not UTF-8 text."),
        (FileFact(PATH, Content(b"\x00\x01")), "this is not a text file."),
        (FileFact(PATH, Content(b"\xef\xbb\xbf[DEFAULT]\n")), "byte order mark"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_host_and_path(
    found: FileFact, sentence: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        open_config("controller", PATH, Dialect.OSLO, found)
    assert str(caught.value).startswith(f"controller: {PATH}")
    assert sentence in str(caught.value)
