"""Roles with values become resources; what a declaration may say, and the shipped roles."""

from __future__ import annotations

from typing import Any

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import DomainRef, Login, ProjectRef, UserRef
from setup_tool.core.plan import IDENTITY, Answering, Stage
from setup_tool.core.queries import PlanInstall
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import ServiceControl
from setup_tool.data import folder
from setup_tool.declare.instantiate import instantiate, package_questions
from setup_tool.declare.roles import Declaration, Role
from setup_tool.declare.wanted import Use
from setup_tool.editors.ini import Dialect
from setup_tool.editors.pipeline import OF_S3API
from setup_tool.resources.config_file import Carried, ConfigFile, ListMember, Setting
from setup_tool.resources.identity.endpoint import Endpoint
from setup_tool.resources.identity.grant import Grant
from setup_tool.resources.package import Package
from setup_tool.resources.service import Service
from setup_tool.wiring import load_roles

ORIGIN = "roles/mine.yaml:5"
DOMAIN = DomainRef(name="Default")
SWIFT, SERVICE = UserRef("swift", DOMAIN), ProjectRef("service", DOMAIN)
FILE = {"path": "/etc/a.conf", "dialect": "oslo"}
PROXY = {"name": "swift-proxy", "reads": ["/etc/a"], "health_url": "http://h", "state_dir": "/var"}
LACKING = {"service": "swift-proxy", "modules": ["mod"], "beside": ["swift-proxy"]}
ENDPOINT = {
    "type": "s3",
    "name": "s3",
    "interface": "public",
    "region": "RegionOne",
    "url": "http://s3",
    "answers_at": "http://s3",
}


def made(kind: str, fields: dict[str, Any], each: str = "node", **use: Any) -> tuple[Any, ...]:
    declaration = Declaration(kind, fields, each, Stage.PROXIES, ORIGIN)
    target = "node" if each == "node" else IDENTITY
    used = Use("mine", each, target, {"word": Secret("canary")}, **use)
    return instantiate({"mine": Role("mine", "Mine", (declaration,))}, [used])


def refusal(kind: str, fields: dict[str, Any], each: str = "node") -> str:
    with pytest.raises(DeclarationError) as caught:
        made(kind, fields, each)
    assert str(caught.value).startswith(f"{ORIGIN}: ")
    assert str(caught.value).endswith(".")
    return str(caught.value).removeprefix(f"{ORIGIN}: ")


def test_a_package_is_declared_by_what_needs_it_and_its_name_in_each_family() -> None:
    names = {"debian": ["python3-mod"], "redhat": ["python-mod"], "suse": ["py-mod"]}
    [package] = made("package", {**LACKING, **names, "because": ["It does."]})
    query = PlanInstall(
        "swift-proxy",
        ("mod",),
        ("swift-proxy",),
        debian=("python3-mod",),
        redhat=("python-mod",),
        suse=("py-mod",),
    )
    assert package == Package("node", Stage.PROXIES, query, ("It does.",))


def test_what_the_roles_of_a_stage_ask_about_packages_is_asked_once() -> None:
    proxies = Declaration("package", LACKING, "node", Stage.PROXIES, ORIGIN)
    controllers = Declaration("package", LACKING, "node", Stage.CONTROLLERS, ORIGIN)
    roles = {
        name: Role(name, name, declarations)
        for name, declarations in {
            "one": (proxies, controllers),
            "other": (proxies,),
            "none": (Declaration("service", PROXY, "node", Stage.PROXIES, ORIGIN),),
        }.items()
    }
    asked = PlanInstall("swift-proxy", ("mod",), ("swift-proxy",))
    assert package_questions(roles, Stage.PROXIES) == (asked,)


@pytest.mark.parametrize(
    "fields", [{"debian": ["${word}"]}, {"units": "${units}"}, {"because": ["Of ${word}."]}]
)
def test_a_package_that_refers_to_values_is_asked_about_when_they_are_known(
    fields: dict[str, Any],
) -> None:
    declaration = Declaration("package", {**LACKING, **fields}, "node", Stage.PROXIES, ORIGIN)
    roles = {"one": Role("one", "one", (declaration,))}
    assert package_questions(roles, Stage.PROXIES) == ()


def test_a_package_says_how_its_service_is_found_when_it_is_asked_about_alone() -> None:
    [package] = made("package", {**LACKING, "units": ("a", "b"), "port": 80})
    query = PlanInstall("swift-proxy", ("mod",), ("swift-proxy",), units=("a", "b"), port=80)
    assert package.queries() == (query,)


def test_a_file_carries_options_from_one_section_to_another() -> None:
    [file] = made("config_file", {**FILE, "carried": {"a": {"b": ["c", "d"]}}})
    assert file.carried == (Carried("a", "b", "c"), Carried("a", "b", "d"))
    assert refusal("config_file", {**FILE, "carried": {"a": ["c"]}}) == (
        "config_file wants a mapping of sections in 'carried' of '[a]'."
    )


def test_a_file_is_declared_by_its_options_its_lists_and_its_pipeline() -> None:
    fields = {
        **FILE,
        "dialect": "paste",
        "pipeline": "s3api",
        "in_place": True,
        "because": ["So it is."],
        "sections": {"a": {"b": "c", "d": "${word}", "e": True, "f": 7}},
        "lists": {"a": {"g": {"has": "x", "default": ["y"]}, "h": {"lacks": "x", "default": []}}},
    }
    assert made("config_file", fields) == (
        ConfigFile(
            target="node",
            stage=Stage.PROXIES,
            path="/etc/a.conf",
            dialect=Dialect.PASTE,
            settings=(
                Setting("a", "b", "c", ORIGIN),
                Setting("a", "d", Secret("canary"), ORIGIN),
                Setting("a", "e", True, ORIGIN),  # noqa: FBT003
                Setting("a", "f", 7, ORIGIN),
            ),
            members=(
                ListMember("a", "g", "x", True, ("y",), ORIGIN),  # noqa: FBT003
                ListMember("a", "h", "x", False, (), ORIGIN),  # noqa: FBT003
            ),
            s3_order=OF_S3API,
            in_place=True,
            because=("So it is.",),
        ),
    )


def test_a_service_is_declared_by_what_it_reads_and_how_it_is_asked() -> None:
    fields = {**PROXY, "units": ("a", "b"), "port": 80, "restart": "x", "health_statuses": [401]}
    control = ServiceControl(
        "swift-proxy", ("/etc/a",), "http://h", port=80, restart="x", health_statuses=(401,)
    )
    assert made("service", fields) == (Service("node", Stage.PROXIES, control, ("a", "b"), "/var"),)


def test_what_is_declared_for_logins_is_so_in_the_stage_that_is_said() -> None:
    fields = {"role": "service", "because": "It must."}
    resources = made("grant", fields, "login", login=Login(SWIFT, Secret("p"), SERVICE, "http://k"))
    assert resources == (
        Grant(SWIFT, SERVICE, "service", reasons=("It must.",), stage=Stage.PROXIES),
    )


def test_an_endpoint_is_published_only_when_something_answers() -> None:
    (endpoint,) = made("endpoint", ENDPOINT, "api")
    assert isinstance(endpoint, Endpoint)
    assert endpoint.requires == Answering("http://s3", "s3")


def test_only_what_is_for_the_subject_of_a_use_is_made_of_it() -> None:
    role = Role(
        "mine",
        "Mine",
        (
            Declaration("role", {"name": "a"}, "login", Stage.ACCOUNTS, ORIGIN),
            Declaration("role", {"name": "b"}, "api", Stage.ACCOUNTS, ORIGIN),
        ),
    )
    (resource,) = instantiate({"mine": role}, [Use("mine", "api", IDENTITY, {})])
    assert resource.queries()[0].name == "b"


@pytest.mark.parametrize(
    ("kind", "fields", "sentence"),
    [
        ("parcel", {}, "no kind of resource is called 'parcel'; there are catalogue_service,"),
        ("package", {**LACKING, "beside": "a"}, "package wants a list of texts in 'beside'."),
        ("package", {"service": "swift-proxy"}, "package lacks 'modules'."),
        ("config_file", {**FILE, "modes": "0640"}, "config_file has no 'modes'; it has absent,"),
        ("project", {"name": "a"}, "project has no 'name'; it has nothing to declare."),
        ("config_file", {"dialect": "oslo"}, "config_file lacks 'path'."),
        ("config_file", {"path": "/a"}, "config_file lacks 'dialect'."),
        ("config_file", {**FILE, "path": 7}, "config_file wants a text in 'path'."),
        ("config_file", {**FILE, "path": "${word}"}, "config_file wants a text in 'path'."),
        ("config_file", {**FILE, "dialect": "ini"}, "config_file wants one of oslo, paste in"),
        ("config_file", {**FILE, "dialect": ["oslo"]}, "config_file wants a text in 'dialect'."),
        ("config_file", {**FILE, "pipeline": "tempurl"}, "config_file knows no 'pipeline' but"),
        (
            "config_file",
            {**FILE, "in_place": "no"},
            "config_file wants a truth value in 'in_place'",
        ),
        (
            "config_file",
            {**FILE, "because": "So."},
            "config_file wants a list of texts in 'because'",
        ),
        ("config_file", {**FILE, "sections": ["a"]}, "config_file wants a mapping of sections in"),
        ("config_file", {**FILE, "sections": {"a": "b"}}, "config_file wants a mapping of options"),
        (
            "config_file",
            {**FILE, "sections": {"a": {"b": ["c"]}}},
            "config_file wants a text, a number or a truth value for [a] b.",
        ),
        (
            "config_file",
            {**FILE, "lists": {"a": {"b": {"has": "x"}}}},
            "config_file wants for the list [a] b a mapping of `has` or `lacks`, and `default`.",
        ),
        (
            "config_file",
            {**FILE, "lists": {"a": {"b": {"has": "x", "lacks": "y", "default": []}}}},
            "config_file wants for the list [a] b a mapping of `has` or `lacks`, and `default`.",
        ),
        (
            "config_file",
            {**FILE, "lists": {"a": {"b": "x"}}},
            "config_file wants for the list [a] b a mapping of `has` or `lacks`, and `default`.",
        ),
        (
            "config_file",
            {**FILE, "lists": {"a": {"b": {"has": ["x"], "default": []}}}},
            "config_file wants a text in 'has' of [a] b.",
        ),
        (
            "config_file",
            {**FILE, "lists": {"a": {"b": {"has": "x", "default": "x,y"}}}},
            "config_file wants a list of texts in 'default'.",
        ),
        ("service", {**PROXY, "reads": "/etc/a"}, "service wants a list of texts in 'reads'."),
        ("service", {**PROXY, "reads": [7]}, "service wants a list of texts in 'reads'."),
        ("service", {**PROXY, "units": "a"}, "service wants a list of texts in 'units'."),
        ("service", {**PROXY, "port": "80"}, "service wants a number in 'port'."),
        ("service", {**PROXY, "port": True}, "service wants a number in 'port'."),
        ("service", {**PROXY, "restart": ["a"]}, "service wants a text in 'restart'."),
        ("service", {**PROXY, "health_statuses": 200}, "service wants a list of numbers in"),
        (
            "service",
            {**PROXY, "health_statuses": ["200"]},
            "service wants a number in 'health_stat",
        ),
        ("service", {"name": "a"}, "service lacks 'reads'."),
        ("role", {}, "role lacks 'name'."),
        ("grant", {"role": "a", "because": "b"}, "grant is for logins only."),
        ("service_user", {}, "service_user is for logins only."),
    ],
)
def test_a_declaration_that_cannot_be_meant_is_refused_with_its_line(
    kind: str, fields: dict[str, Any], sentence: str
) -> None:
    assert refusal(kind, fields).startswith(sentence)


@pytest.mark.parametrize(("kind", "fields"), [("config_file", FILE), ("service", PROXY)])
@pytest.mark.parametrize("each", ["login", "api"])
def test_files_and_services_are_for_nodes_only(
    kind: str, fields: dict[str, Any], each: str
) -> None:
    assert refusal(kind, fields, each) == f"{kind} is for nodes only."


def test_an_optional_field_without_a_value_is_as_if_not_said() -> None:
    declaration = Declaration("service", {**PROXY, "restart": "${no}"}, "node", Stage.PROXIES, "a")
    role = Role("mine", "Mine", (declaration,))
    (service,) = instantiate({"mine": role}, [Use("mine", "node", "node", {"no": None})])
    assert isinstance(service, Service)
    assert service.control.restart is None


def test_every_shipped_role_is_named_as_its_file() -> None:
    files = {path.stem for path in folder("roles").glob("*.yaml")}
    assert set(load_roles()) == files
    assert {"identity", "nova-ec2", "nova-ec2-off", "s3api", "s3api-tempauth"} <= files
