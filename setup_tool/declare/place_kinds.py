"""The kinds of resources that a role may declare of what a service of ours needs on a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.environments import BuildEnvironment, ReadEnvironments
from setup_tool.core.transaction import ServiceControl
from setup_tool.declare.node_kinds import early_stage
from setup_tool.declare.roles import AsItIs
from setup_tool.resources.ended_service import EndedService
from setup_tool.resources.environment import Environment
from setup_tool.resources.folder import Folder
from setup_tool.resources.own_file import MARK, OwnFile
from setup_tool.resources.system_account import SystemAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.declare.wanted import Wanted
    from setup_tool.resources.resource import Resource


def _reasons(wanted: Wanted) -> tuple[str, ...]:
    return wanted.texts("because", wanted.fields.get("because", ()))


def _present(wanted: Wanted) -> bool:
    return "present" not in wanted.fields or wanted.truth("present")


def _system_account(wanted: Wanted) -> Resource:
    return SystemAccount(
        target=wanted.node(),
        stage=early_stage(wanted),
        name=wanted.text("name"),
        home=wanted.text("home"),
        comment=wanted.text("comment"),
        present=_present(wanted),
        because=_reasons(wanted),
    )


def _folder(wanted: Wanted) -> Resource:
    return Folder(
        target=wanted.node(),
        stage=early_stage(wanted),
        path=wanted.text("path"),
        mode=wanted.number("mode", wanted.fields.get("mode", 0o755)),
        owner=wanted.text_if_said("owner"),
        marked="marked" in wanted.fields and wanted.truth("marked"),
        present=_present(wanted),
        because=_reasons(wanted),
    )


_COPIED = f"# {MARK}, and writes it anew when it differs.\n"
"""The first line of a copied file, in which `#` must begin a comment."""


def _own_file(wanted: Wanted) -> Resource:
    said = wanted.fields.get("text")
    text = _COPIED + said.text if isinstance(said, AsItIs) else wanted.text_if_said("text")
    present = _present(wanted)
    if present and text is None:
        raise wanted.error("lacks 'template' or 'copy'.")
    return OwnFile(
        target=wanted.node(),
        stage=wanted.stage,
        path=wanted.text("path"),
        text=text if present else None,
        mode=wanted.number("mode", wanted.fields.get("mode", 0o644)),
        owner=wanted.text_if_said("owner"),
        because=_reasons(wanted),
    )


def _environment(wanted: Wanted) -> Resource:
    folder, prefix = wanted.text("folder"), wanted.text("prefix")
    wheels, name = wanted.text_if_said("wheels"), wanted.text_if_said("name")
    build = None
    if name is not None:
        build = BuildEnvironment(
            path=f"{folder}/{name}",
            requirements=wanted.text("requirements"),
            system=wanted.truth("system"),
            wheels=wheels,
            index=wanted.text_if_said("index"),
        )
    return Environment(
        target=wanted.node(),
        stage=wanted.stage,
        query=ReadEnvironments(folder, prefix, wheels),
        build=build,
        wheels=tuple(
            (name, release)
            for one in wanted.texts("needed_wheels", wanted.fields.get("needed_wheels", ()))
            for name, _, release in [one.partition("==")]
        ),
        because=_reasons(wanted),
    )


def _ended_service(wanted: Wanted) -> Resource:
    control = ServiceControl(
        name=wanted.text("name"),
        reads=(),
        health_url="",
        port=wanted.number("port", wanted.said("port")),
        stop=wanted.text_if_said("stop"),
        restart=wanted.text_if_said("restart"),
        own_unit=wanted.truth("own_unit"),
    )
    return EndedService(
        target=wanted.node(),
        stage=wanted.stage,
        control=control,
        units=wanted.texts("units", wanted.fields.get("units", ())),
        state_dir=wanted.text("state_dir"),
        because=_reasons(wanted),
    )


PLACE_KINDS: Mapping[str, tuple[Callable[[Wanted], Resource], set[str]]] = {
    "system_account": (
        _system_account,
        {"name", "home", "comment", "early", "present", "because"},
    ),
    "folder": (
        _folder,
        {"path", "mode", "owner", "marked", "early", "present", "because"},
    ),
    "own_file": (_own_file, {"path", "text", "mode", "owner", "present", "because"}),
    "environment": (
        _environment,
        {
            "folder",
            "prefix",
            "name",
            "requirements",
            "system",
            "wheels",
            "needed_wheels",
            "index",
            "because",
        },
    ),
    "ended_service": (
        _ended_service,
        {"name", "units", "port", "stop", "restart", "own_unit", "state_dir", "because"},
    ),
}
"""Each kind: how it is built, and what it may say."""
