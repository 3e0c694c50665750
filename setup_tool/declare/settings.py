"""The variables of an inventory that setup-tool reads, with their defaults."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from setup_tool.declare import fields as read
from setup_tool.declare.fields import Database, GroupMap, LoginOverride, Serial
from setup_tool.declare.located import is_null
from setup_tool.declare.releases import NOVA_WITHOUT_EC2, SWIFT_WITH_S3API, is_at_least

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from setup_tool.declare.located import Entry, Origin, Value
    from setup_tool.declare.references import Scope


@dataclass(frozen=True, slots=True)
class Settings:
    """What the inventory says for one node, with its defaults; None is: derived or detected.

    Paths are the node's (absolute or ``~/...``) but for ``known_hosts``, which is the
    operator's. ``origins`` says where each value that is not a default stands.
    """

    os_cloud: str | None = None
    region: str | None = None
    ec2: str = "auto"
    s3: str = "auto"
    ec2_url_public: str | None = None
    ec2_url_internal: str | None = None
    ec2_url_admin: str | None = None
    s3_url: str | None = None
    s3_location: str | None = None
    s3_login: LoginOverride | None = None
    ec2_login: LoginOverride | None = None
    nova_conf: str = "/etc/nova/nova.conf"
    proxy_conf: str = "/etc/swift/proxy-server.conf"
    nova_version: str | None = None
    swift_version: str | None = None
    swift3_version: str | None = None
    nova_api_service: str | None = None
    proxy_service: str | None = None
    nova_api_restart: str | None = None
    proxy_restart: str | None = None
    proxy_reload: str | None = None
    proxy_drain: str = "auto"
    proxy_drain_wait: int = 10
    proxy_drain_timeout: int = 60
    proxy_health_url: str | None = None
    nova_api_health_url: str | None = None
    ec2_api_conf: str = "/etc/ec2api/ec2api.conf"
    ec2_api_bin: str | None = None
    ec2_api_libraries: str = "auto"
    ec2_api_wheels: str | None = None
    ec2_api_index: str | None = None
    ec2_api_database: Database | None = None
    ec2_api_user: str = "ec2api"
    ec2_api_service: str = "ec2-api.service"
    ec2_api_restart: str | None = None
    ec2_api_stop: str | None = None
    ec2_api_listen: str | None = None
    ec2_api_port: int = 8788
    ec2_api_health_url: str | None = None
    firewall: str = "auto"
    serial: Serial = Serial(1)  # noqa: RUF009 - frozen
    state_dir: str = "/var/lib/setup-tool"
    known_hosts: str | None = None
    in_place: tuple[str, ...] = ()
    group_map: GroupMap = GroupMap()  # noqa: RUF009 - frozen
    origins: Mapping[str, Origin] = field(default_factory=dict, compare=False, repr=False)


VARIABLES: Mapping[str, Callable[[str, Value], object]] = {
    "os_cloud": read.text,
    "region": read.text,
    "ec2": read.choice("auto", "nova", "standalone", "off"),
    "s3": read.choice("auto", "swift3", "s3api", "off"),
    "ec2_url_public": read.url,
    "ec2_url_internal": read.url,
    "ec2_url_admin": read.url,
    "s3_url": read.url,
    "s3_location": read.text,
    "s3_login": read.login,
    "ec2_login": read.login,
    "nova_conf": read.node_path,
    "proxy_conf": read.node_path,
    "nova_version": read.version,
    "swift_version": read.version,
    "swift3_version": read.version,
    "nova_api_service": read.unit,
    "proxy_service": read.unit,
    "nova_api_restart": read.text,
    "proxy_restart": read.text,
    "proxy_reload": read.text,
    "proxy_drain": read.choice("auto", "off"),
    "proxy_drain_wait": read.seconds,
    "proxy_drain_timeout": read.seconds,
    "proxy_health_url": read.url,
    "nova_api_health_url": read.url,
    "ec2_api_conf": read.plain_path,
    "ec2_api_bin": read.plain_path,
    "ec2_api_libraries": read.choice("auto", "distribution", "pinned"),
    "ec2_api_wheels": read.plain_path,
    "ec2_api_index": read.url,
    "ec2_api_database": read.database,
    "ec2_api_user": read.account,
    "ec2_api_service": read.service_unit,
    "ec2_api_restart": read.text,
    "ec2_api_stop": read.text,
    "ec2_api_listen": read.address,
    "ec2_api_port": read.port,
    "ec2_api_health_url": read.url,
    "firewall": read.choice("auto", "off"),
    "serial": read.serial,
    "state_dir": read.node_path,
    "known_hosts": read.text,
    "in_place": read.node_paths,
    "group_map": read.group_map,
}
"""Every variable setup-tool reads, and how."""

_FAMILIES = ("ec2_url", "s3_url", "ec2_login", "s3_login")


def read_settings(scope: Scope) -> Settings:
    """Return one node's settings; raises `DeclarationError` for a wrong or contradicting one."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for name, reading in VARIABLES.items():
        entry = scope.resolve(name)
        if entry is None or is_null(entry.value):
            continue
        values[name] = reading(name, entry.value)
        origins[name] = entry.origin
    settings = Settings(**values, origins=origins)
    _check_releases(settings)
    _check_ec2_api(settings)
    return settings


def _check_ec2_api(settings: Settings) -> None:
    """Refuse an ec2-api that nothing would start, or a second way to have its programs."""
    origins = settings.origins
    if settings.ec2_api_bin and (settings.ec2_api_wheels or settings.ec2_api_index):
        raise origins["ec2_api_bin"].error(
            "ec2_api_bin says that ec2-api's programs are there, and ec2_api_wheels or "
            "ec2_api_index what they are to be made of. Keep one of them."
        )
    if settings.ec2_api_wheels and settings.ec2_api_index:
        raise origins["ec2_api_wheels"].error(
            "ec2_api_wheels and ec2_api_index exclude each other. Keep one of them."
        )
    homely = settings.ec2_api_conf.startswith("~/")
    if homely and settings.ec2 == "standalone" and not settings.ec2_api_restart:
        raise origins["ec2_api_conf"].error(
            "ec2_api_conf lies in a login's home, where no systemd unit is written: set "
            "ec2_api_restart to the command that starts ec2-api there."
        )


def _check_releases(settings: Settings) -> None:
    """Refuse an EC2 or S3 that the release said here does not have."""
    nova, swift = settings.nova_version, settings.swift_version
    if settings.ec2 == "nova" and nova and is_at_least(nova, NOVA_WITHOUT_EC2):
        raise settings.origins["ec2"].error(
            f"`ec2: nova` contradicts nova_version {nova} ({settings.origins['nova_version']}): "
            "nova has no EC2 API from 13 (Mitaka) on. Say `ec2: standalone` or `ec2: off`."
        )
    if not swift:
        return
    modern = is_at_least(swift, SWIFT_WITH_S3API)
    said = f"swift_version {swift} ({settings.origins['swift_version']})"
    if settings.s3 == "s3api" and not modern:
        raise settings.origins["s3"].error(
            f"`s3: s3api` contradicts {said}: Swift has s3api from 2.18 (Rocky) on. "
            "Say `s3: swift3`, or leave s3 out."
        )
    if settings.s3 == "swift3" and modern:
        raise settings.origins["s3"].error(
            f"`s3: swift3` contradicts {said}: from 2.18 (Rocky) on Swift has s3api instead. "
            "Say `s3: s3api`, or leave s3 out."
        )


def check_names(entries: Iterable[tuple[str, Entry]]) -> None:
    """Refuse variables that are ours but for a slip of the pen.

    A slip is one letter missing, wrong, swapped with its neighbour, or added (at the end only
    when it doubles the last one: ``firewalld`` and ``regions`` are words of their own); ``-``
    for ``_``; capitals; or another ending after ``ec2_url``, ``s3_url``, ``ec2_login``,
    ``s3_login``. Every other unknown name is somebody else's variable.
    """
    for name, entry in entries:
        if name in VARIABLES:
            continue
        meant = _meant(name)
        if meant is not None:
            raise entry.origin.error(
                f"The variable {name} is not known. Did you mean {meant}? "
                "If it is another program's, give it a name less alike."
            )


@cache
def _meant(name: str) -> str | None:
    plain = name.lower().replace("-", "_")
    if plain in VARIABLES:
        return plain
    for family in _FAMILIES:
        if plain.startswith(family):
            members = [known for known in VARIABLES if known.startswith(family)]
            return (difflib.get_close_matches(plain, members, n=1, cutoff=0.9) or [*members])[0]
    return next((known for known in _LONG_NAMES if is_slip(known, plain)), None)


# A slip in `ec2` or `s3` cannot be told from another word.
_LONG_NAMES = tuple(name for name in VARIABLES if len(name) > len("ec2"))


def is_slip(known: str, name: str) -> bool:
    """Tell whether a name is one slip of the pen away from a known one."""
    shorter, longer = sorted((known, name), key=len)
    if len(longer) - len(shorter) > 1 or shorter == longer:
        return False
    start = next(
        (at for at, pair in enumerate(zip(shorter, longer, strict=False)) if pair[0] != pair[1]),
        len(shorter),
    )
    if len(shorter) < len(longer):
        own_word = longer == name and start == len(known) and name[-1] != known[-1]
        return shorter[start:] == longer[start + 1 :] and not own_word
    swapped = longer[start : start + 2] == shorter[start : start + 2][::-1]
    return shorter[start + 1 :] == longer[start + 1 :] or (
        swapped and shorter[start + 2 :] == longer[start + 2 :]
    )
