"""Why a proxy's file is changed: what its release brought, and what is left from older ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.declare.releases import series_of_swift
from setup_tool.editors.pipeline import OF_S3API, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from setup_tool.declare.swift3 import Swift3
    from setup_tool.editors.ini import IniFile
    from setup_tool.editors.pipeline import Order

_BY_HOST = ("auth_host", "auth_port", "auth_protocol")
_AUTHTOKEN_FIRST = (
    "authtoken comes first: it drops what s3token says of the user if it comes later."
)


def s3api_reasons(file: IniFile, names: Mapping[Role, str], release: str) -> tuple[str, ...]:
    """Return what brings s3api to this file; ``names`` are the filters in its pipeline."""
    return tuple(_s3api_reasons(file, names, release))


def swift3_reasons(file: IniFile, names: Mapping[Role, str], wanted: Swift3) -> tuple[str, ...]:
    """Return what brings swift3 to this file."""
    return tuple(_swift3_reasons(file, names, wanted))


def _swift3_reasons(file: IniFile, names: Mapping[Role, str], wanted: Swift3) -> Iterator[str]:
    release, plugin, order, s3token = wanted.swift, wanted.plugin, wanted.order, wanted.s3token
    series = series_of_swift(release)
    yield f"Swift {release} ({series}) has S3 by swift3, which is {plugin} here."
    yield from _renaming(names, order, f"swift3 {plugin}")
    if s3token is None:
        return
    section = _section(names, Role.S3TOKEN)
    made_by = _made_by(file, section)
    if made_by not in {None, s3token.made_by}:
        yield f"s3token of {series} with swift3 {plugin} is {s3token.made_by}."
    if s3token.by_uri and _has(file, section, *_BY_HOST):
        yield (
            "auth_uri tells s3token where Keystone is since Newton; auth_host, auth_port and "
            "auth_protocol are deprecated."
        )
    first = _stands_before_authtoken(file, names)
    if first is False and order.before_authtoken:
        yield (
            f"swift3 {plugin} and s3token come before authtoken, which checks the token that "
            "s3token finds."
        )
    if first is True and not order.before_authtoken:
        yield _AUTHTOKEN_FIRST


def _renaming(names: Mapping[Role, str], order: Order, who: str) -> Iterator[str]:
    for role, name in names.items():
        if role in order.by_name and name != role.value:
            yield f"{who} finds {role.value} by this name only, and it is called {name}."


def _s3api_reasons(file: IniFile, names: Mapping[Role, str], release: str) -> Iterator[str]:
    old = names.get(Role.SWIFT3)
    if old is None:
        yield f"Swift {release} has S3 built in."
    else:
        stays = f" [filter:{old}] stays as it is: nothing uses it any more."
        yield (
            f"Swift {release} has s3api built in; swift3 does not load on Python 3. s3api takes "
            "its place and those of its options that it knows."
            + ("" if old == Role.S3API.value else stays)
        )
    yield from _renaming(names, OF_S3API, "s3api")
    if Role.S3TOKEN not in names or Role.TEMPAUTH in names:
        return
    section = _section(names, Role.S3TOKEN)
    if "keystone" in (_made_by(file, section) or ""):
        yield (
            "s3token is Swift's own: keystonemiddleware's reads no auth_uri from 11 on, and is "
            "gone from 12."
        )
    if _has(file, section, *_BY_HOST):
        yield (
            "Swift's s3token reads auth_uri, with /v3, and does not start without; auth_host, "
            "auth_port and auth_protocol are gone."
        )
    if _has(file, section, "auth_version"):
        yield "auth_version is gone since Rocky: the version is the end of auth_uri."
    if not _has(file, section, "password"):
        yield (
            "s3token asked Keystone without a login, which is refused since OSSA-2025-002 "
            "(CVE-2025-65073)."
        )
    if _stands_before_authtoken(file, names):
        yield _AUTHTOKEN_FIRST


def _stands_before_authtoken(file: IniFile, names: Mapping[Role, str]) -> bool | None:
    """Tell where the present S3 filter stands; None where there is none."""
    s3, authtoken = names.get(Role.SWIFT3) or names.get(Role.S3API), names.get(Role.AUTHTOKEN)
    option = file.get("pipeline:main", "pipeline")
    if s3 is None or authtoken is None or option is None:
        return None
    filters = option.value.split()
    return filters.index(s3) < filters.index(authtoken)


def _section(names: Mapping[Role, str], role: Role) -> str:
    return f"filter:{names.get(role, role.value)}"


def _made_by(file: IniFile, section: str) -> str | None:
    option = file.get(section, "use") or file.get(section, "paste.filter_factory")
    return option.value if option else None


def _has(file: IniFile, section: str, *keys: str) -> bool:
    return any(file.get(section, key) for key in keys)
