"""What S3 takes on a proxy whose Swift is older than 2.18: swift3, and an s3token of its time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.questions import SWIFT3, info_url
from setup_tool.declare.releases import is_at_least, series_of_swift
from setup_tool.declare.urls import host, port, root, without_version
from setup_tool.declare.versions import release_of, swift3_from_info
from setup_tool.editors import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.declare.inventory import Node
    from setup_tool.declare.roles import Value
    from setup_tool.resources.resource import Answers

    Get = Callable[[str], str | None]

DEFAULT_LOCATION = "US"
"""Of swift3, where its section names none (``CONF`` in ``swift3/cfg.py``, 1.8)."""
_ADMIN_PORT, _PUBLIC_PORT = 35357, 5000
"""``/v2.0/s3tokens`` is in Keystone's admin pipeline only (``keystone-paste.ini``, up to Pike)."""
_VERSIONS = ("2.0", "3")

_OF_SWIFT3 = "egg:swift3#s3token"
_OF_KEYSTONE = "keystone.middleware.s3_token:filter_factory"
_OF_KEYSTONECLIENT = "keystoneclient.middleware.s3_token:filter_factory"
_OF_KEYSTONEMIDDLEWARE = "keystonemiddleware.s3_token:filter_factory"

_FACTORIES = {
    "Grizzly": (_OF_KEYSTONE,),
    "Havana": (_OF_KEYSTONE,),
    # keystone.middleware is a deprecated shim there
    "Icehouse": (_OF_KEYSTONECLIENT, _OF_KEYSTONE),
    "Juno": (_OF_KEYSTONEMIDDLEWARE, _OF_KEYSTONECLIENT),
    "Kilo": (_OF_KEYSTONEMIDDLEWARE, _OF_KEYSTONECLIENT),
    "Liberty": (_OF_KEYSTONEMIDDLEWARE, _OF_KEYSTONECLIENT),
    "Mitaka": (_OF_KEYSTONEMIDDLEWARE, _OF_KEYSTONECLIENT),
}
"""The modules that held s3token in each release, the usual one first."""


@dataclass(frozen=True, slots=True)
class S3Token:
    """The s3token that goes with a Swift and its swift3.

    ``made_by`` is an egg or a filter factory. ``by_uri``: it is told where Keystone is by
    ``auth_uri``, without a version, else by ``auth_host``, ``auth_port`` and
    ``auth_protocol``. From Newton on ``auth_uri`` (``keystonemiddleware/s3_token.py`` 4.9.1,
    4.17.0 and 4.21.0, which post to ``/v2.0/s3tokens`` whatever ``auth_version`` says);
    before that only the three (1.0.0). swift3 1.11 took that over as it was; its own from
    1.12 on is ``versioned``: it heeds ``auth_version`` (``swift3/s3_token_middleware.py``
    between the two, ``etc/proxy-server.conf-sample``, ``CHANGELOG``).
    """

    made_by: str
    by_uri: bool
    versioned: bool = False

    @property
    def is_egg(self) -> bool:
        """Whether it is made by an egg, as ``use`` says, or by a factory."""
        return self.made_by.startswith("egg:")

    @property
    def absent(self) -> tuple[str, ...]:
        """What its section must not say: what others are made by and told by.

        ``www_authenticate_uri`` comes before ``auth_uri`` in keystonemiddleware 4.21.0.
        """
        other_way = "paste.filter_factory" if self.is_egg else "use"
        if self.by_uri:
            return (other_way, "auth_host", "auth_port", "auth_protocol", "www_authenticate_uri")
        return (other_way, "auth_uri")

    @property
    def package(self) -> str | None:
        """The package that holds it and its top module's name: ``python-NAME``; None: swift3's."""
        return None if self.is_egg else self.made_by.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Swift3:
    """What S3 takes on one proxy before 2.18: the releases of Swift and of swift3 (``plugin``).

    ``s3token`` is None where tempauth holds the users.
    """

    swift: str
    plugin: str
    order: pipeline.Order
    s3token: S3Token | None = None


def plugin_release(node: Node, facts: Answers) -> str:
    """Return the release of swift3 itself; raises `DeclarationError` where it cannot be told."""
    said = node.settings.swift3_version
    if said:
        return said
    package = facts.get(SWIFT3)
    found = release_of(package.version) if package is not None and package.version else None
    url = node.settings.proxy_health_url
    found = found or (swift3_from_info(facts.get(info_url(url))) if url else None)
    if found is None:
        raise DeclarationError(
            f"{node.name}: which swift3 this proxy has, or is to get, cannot be told: none of the "
            f"packages {', '.join(SWIFT3.names)} is installed. The order of its pipeline depends "
            "on it: set swift3_version for this node in the inventory (1.7 to 1.12; `apt-cache "
            "policy swift-plugin-s3` or `yum info openstack-swift-plugin-swift3` show which one "
            "would come)."
        )
    return found


def check_tempauth(node: Node, swift: str, plugin: str) -> None:
    """Refuse a tempauth that its swift3 cannot speak to.

    swift3 1.12 needs one of Swift 2.14 or later (``CHANGELOG``). Raises `DeclarationError`.
    """
    if is_at_least(plugin, "1.12") and not is_at_least(swift, "2.14"):
        raise DeclarationError(
            f"{node.name}: swift3 {plugin} checks signatures by a tempauth of Swift 2.14 or later, "
            f"and Swift {swift} runs here, so that it would refuse all of S3. Install swift3 1.11, "
            "or set `s3: off` for this node."
        )


def unread_answer(swift: str, plugin: str) -> str | None:
    """Return what an operator should know of a Keystone of that Swift's release, if anything.

    Keystone 12 answers ``/v2.0/s3tokens`` in the form of v3, without a token's id
    (``keystone/contrib/s3/core.py``; seen on 12.0.3), and 13 has no v2.0.
    """
    if is_at_least(plugin, "1.12") or not is_at_least(swift, "2.14"):
        return None
    return (
        f"swift3 {plugin} has s3token ask Keystone's v2.0 API, which from 12 (Pike) on gives no "
        "answer that it can read, so S3 is refused with such a Keystone. swift3 1.12 asks v3."
    )


def order_of(plugin: str) -> pipeline.Order:
    """Return where the filters of a release of swift3 stand."""
    if is_at_least(plugin, "1.12"):
        return pipeline.OF_SWIFT3_1_12
    return pipeline.OF_SWIFT3_1_8 if is_at_least(plugin, "1.8") else pipeline.OF_SWIFT3_1_7


def s3token_of(swift: str, plugin: str, present: str | None) -> S3Token:
    """Return the s3token for these releases; one that is ``present`` stays where it will do.

    In the pipeline of swift3 1.12 only its own will do: authtoken, which stands before it
    there, does not look at the token that the others leave for it.
    """
    own_series = _FACTORIES.get(series_of_swift(swift) or "")
    if is_at_least(plugin, "1.12"):
        fitting: tuple[str, ...] = (_OF_SWIFT3,)
    elif own_series is not None:
        fitting = own_series
    elif is_at_least(plugin, "1.11"):
        fitting = (_OF_SWIFT3, _OF_KEYSTONEMIDDLEWARE)
    else:
        fitting = (_OF_KEYSTONEMIDDLEWARE,)
    made_by = present if present in fitting else fitting[0]
    own = made_by == _OF_SWIFT3
    return S3Token(made_by, own_series is None or own, own and is_at_least(plugin, "1.12"))


def keystone_of(get: Get, place: str) -> str:
    """Return where a section of authtoken finds Keystone, without a version.

    The admin URL where it is told (``identity_uri``, or ``auth_host`` and its like, whose
    defaults are those of ``auth_token``). Raises `DeclarationError` where none is.
    """
    found = get("identity_uri")
    if not found and get("auth_host"):
        where = f"{get('auth_host')}:{get('auth_port') or _ADMIN_PORT}"
        found = f"{get('auth_protocol') or 'https'}://{where}"
    found = found or get("auth_url") or get("auth_uri")
    if not found or not urlsplit(found).hostname:
        raise DeclarationError(
            f"{place} does not say where Keystone is (auth_url, identity_uri or auth_host), and "
            "s3token has to ask it. Complete it."
        )
    return without_version(found)


def keystone_options(s3token: S3Token, keystone: str, get: Get, place: str) -> dict[str, Value]:
    """Return what tells an s3token where Keystone is, as the role names it; None: not said.

    ``get`` reads its section. What stands there already and does is kept. Raises
    `DeclarationError` where the address cannot be said in its options.
    """
    if s3token.by_uri:
        version = None
        if s3token.versioned:
            said = get("auth_version")
            version = said if said in _VERSIONS else _VERSIONS[-1]
        wanted = keystone if version == "3" else _admin(keystone)
        return {
            "s3token_auth_uri": _kept(
                get("auth_uri"), wanted, any_port=version == "3", slash=s3token.is_egg
            ),
            "s3token_auth_version": version,
            "s3token_auth_host": None,
            "s3token_auth_port": None,
            "s3token_auth_protocol": None,
        }
    admin = _admin(keystone)
    if urlsplit(admin).path:
        raise DeclarationError(
            f"{place}: Keystone is at {keystone}, and the s3token of this release takes a host "
            "and a port, no path. Give Keystone's admin API a port of its own."
        )
    return {
        "s3token_auth_uri": None,
        "s3token_auth_version": None,
        "s3token_auth_host": host(admin),
        "s3token_auth_port": port(admin),
        "s3token_auth_protocol": urlsplit(admin).scheme,
    }


def _admin(keystone: str) -> str:
    """Return the URL at which s3token asks v2.0."""
    if port(keystone) != _PUBLIC_PORT:
        return keystone
    return keystone.replace(f":{_PUBLIC_PORT}", f":{_ADMIN_PORT}", 1)


def _kept(said: str | None, wanted: str, *, any_port: bool, slash: bool) -> str:
    """Return the URL that is said where it is one of the same host that does.

    v3 is served on every port of Keystone's. ``slash``: one at the end is taken off, as
    swift3's s3token does and keystonemiddleware's (4.17.1) does not.
    """
    bare = said.rstrip("/") if said and slash else said
    if not said or not bare or host(said) != host(wanted) or bare != root(said):
        return wanted
    return said if any_port or port(said) == port(wanted) else wanted
