"""One file, one resource: what several roles say of a file becomes one declaration."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.editors.ini_scan import section_key
from setup_tool.resources.config_file import ConfigFile, ListMember, Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from setup_tool.editors.ini import Dialect
    from setup_tool.resources.resource import Resource


def merged(resources: Sequence[Resource]) -> tuple[Resource, ...]:
    """Return the resources with one `ConfigFile` for each file of each target.

    It stands where the first one of its file stood; equal resources of any kind
    become one. Raises `DeclarationError` naming both places for a contradiction.
    """
    kept: dict[object, Resource] = {}
    for resource in resources:
        if not isinstance(resource, ConfigFile):
            kept.setdefault(resource, resource)
            continue
        key = (resource.target, resource.path)
        earlier = kept.get(key)
        kept[key] = _one(earlier, resource) if isinstance(earlier, ConfigFile) else resource
    return tuple(kept.values())


def _one(first: ConfigFile, second: ConfigFile) -> ConfigFile:
    where = f"{first.target}: {first.path}"
    if first.dialect is not second.dialect or first.stage is not second.stage:
        raise DeclarationError(
            f"{where} is declared as {first.dialect.name} in stage {first.stage.name.lower()} and "
            f"as {second.dialect.name} in stage {second.stage.name.lower()}."
        )
    if first.s3_order and second.s3_order and first.s3_order is not second.s3_order:
        raise DeclarationError(
            f"{where} is declared with the pipelines of {first.s3_order.name} and "
            f"{second.s3_order.name}. Keep one of them."
        )
    return replace(
        first,
        settings=_settings(where, first.dialect, (*first.settings, *second.settings)),
        members=_members(where, first.dialect, (*first.members, *second.members)),
        carried=tuple(dict.fromkeys((*first.carried, *second.carried))),
        s3_order=first.s3_order or second.s3_order,
        in_place=first.in_place and second.in_place,
        because=tuple(dict.fromkeys((*first.because, *second.because))),
    )


def _settings(where: str, dialect: Dialect, settings: Iterable[Setting]) -> tuple[Setting, ...]:
    kept: dict[tuple[str, str], Setting] = {}
    for setting in settings:
        place = (section_key(setting.section, dialect), setting.key)
        earlier = kept.setdefault(place, setting)
        if earlier.value != setting.value:
            raise DeclarationError(
                f"{where}: {earlier.origin} and {setting.origin} declare different values for "
                f"[{setting.section}] {setting.key}. Change one of them."
            )
    return tuple(kept.values())


def _members(where: str, dialect: Dialect, members: Iterable[ListMember]) -> tuple[ListMember, ...]:
    kept: dict[tuple[str, str, str], ListMember] = {}
    for member in members:
        place = (section_key(member.section, dialect), member.key, member.member)
        earlier = kept.setdefault(place, member)
        if earlier.present != member.present:
            raise DeclarationError(
                f"{where}: {earlier.origin} and {member.origin} contradict each other about "
                f"{member.member} in [{member.section}] {member.key}. Change one of them."
            )
    return tuple(kept.values())
