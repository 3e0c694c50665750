"""The kinds of resources that a role may declare of Keystone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.plan import Answering
from setup_tool.resources.identity.catalogue_service import CatalogueService
from setup_tool.resources.identity.endpoint import Endpoint
from setup_tool.resources.identity.grant import Grant
from setup_tool.resources.identity.project import Project
from setup_tool.resources.identity.removed_user import RemovedUser
from setup_tool.resources.identity.role import Role
from setup_tool.resources.identity.service_user import ServiceUser
from setup_tool.resources.identity.withdrawn_api import WithdrawnApi

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.declare.wanted import Wanted
    from setup_tool.resources.resource import Resource


def _role(wanted: Wanted) -> Resource:
    return Role(wanted.text("name"), stage=wanted.stage)


def _project(wanted: Wanted) -> Resource:
    return Project(wanted.login().project, stage=wanted.stage)


def _service_user(wanted: Wanted) -> Resource:
    login = wanted.login()
    return ServiceUser(
        login.user,
        login.password,
        set_password=wanted.truth("set_password"),
        because=wanted.text_if_said("because"),
        role=wanted.text_if_said("role") or "service",
        held_in=wanted.text_if_said("held_in") or "its service's file",
        description=wanted.text_if_said("description"),
        stage=wanted.stage,
    )


def _removed_user(wanted: Wanted) -> Resource:
    return RemovedUser(
        wanted.login().user,
        wanted.text("description"),
        because=wanted.text("because"),
        stage=wanted.stage,
    )


def _withdrawn_api(wanted: Wanted) -> Resource:
    return WithdrawnApi(
        service_type=wanted.text("type"),
        region=wanted.text("region"),
        urls=frozenset(wanted.texts("urls", wanted.said("urls"))),
        because=wanted.text("because"),
        stage=wanted.stage,
    )


def _grant(wanted: Wanted) -> Resource:
    login = wanted.login()
    reasons = (wanted.text("because"),)
    return Grant(
        login.user, login.project, wanted.text("role"), reasons=reasons, stage=wanted.stage
    )


def _catalogue_service(wanted: Wanted) -> Resource:
    return CatalogueService(
        type=wanted.text("type"),
        name=wanted.text("name"),
        description=wanted.text("description"),
        requires=_answering(wanted),
        stage=wanted.stage,
    )


def _endpoint(wanted: Wanted) -> Resource:
    return Endpoint(
        service_type=wanted.text("type"),
        service_name=wanted.text("name"),
        interface=wanted.text("interface"),
        region=wanted.text("region"),
        url=wanted.text("url"),
        remove_ids=wanted.remove_endpoints,
        requires=_answering(wanted),
        stage=wanted.stage,
    )


def _answering(wanted: Wanted) -> Answering:
    return Answering(url=wanted.text("answers_at"), api=wanted.text("type"))


IDENTITY_KINDS: Mapping[str, tuple[Callable[[Wanted], Resource], set[str]]] = {
    "role": (_role, {"name"}),
    "project": (_project, set()),
    "service_user": (_service_user, {"set_password", "because", "role", "held_in", "description"}),
    "removed_user": (_removed_user, {"description", "because"}),
    "withdrawn_api": (_withdrawn_api, {"type", "region", "urls", "because"}),
    "grant": (_grant, {"role", "because"}),
    "catalogue_service": (_catalogue_service, {"type", "name", "description", "answers_at"}),
    "endpoint": (_endpoint, {"type", "name", "interface", "region", "url", "answers_at"}),
}
"""Each kind: how it is built, and what it may say."""
