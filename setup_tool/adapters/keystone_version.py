"""Which of Keystone's APIs a login is for: v3, or v2.0, which ended with Pike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.urls import without_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.identity import DomainRef

DEFAULT_DOMAIN_ID = "default"
"""Keystone's own name for it unless ``[identity] default_domain_id`` says otherwise."""
_DEFAULTS = {"", "default"}
_OF_V3_ALONE = ("domain_id", "domain_name", "system_scope")
_DOMAIN_OPTIONS = (
    "user_domain_id",
    "user_domain_name",
    "project_domain_id",
    "project_domain_name",
    "default_domain_id",
    "default_domain_name",
)


class Version(Enum):
    """A version of Keystone's API, as it stands at the end of its URLs."""

    V2 = "v2.0"
    V3 = "v3"

    def at(self, url: str) -> str:
        """Return a Keystone's URL for this version, whatever version it is for."""
        return f"{without_version(url)}/{self.value}"


@dataclass(frozen=True, slots=True)
class Choice:
    """``said`` is used without asking; None: where Keystone serves v3, that is used.

    ``otherwise`` is used where Keystone does not tell which versions it serves.
    """

    said: Version | None
    otherwise: Version


def read_choice(options: Mapping[str, Any], auth_url: str, origin: str) -> Choice:
    """Return which version an entry of clouds.yaml, or the environment, is for.

    What ``identity_api_version`` or ``auth_type`` says holds. A URL with /v3 says it as well;
    one with /v2.0 does not: such openrc files outlived the day their clouds got v3.

    Raises `DeclarationError` for what contradicts itself.
    """
    number = str(options.get("identity_api_version") or "")
    kind = str(options.get("auth_type") or "")
    by_number = {"3": Version.V3, "2": Version.V2}.get(number[:1])
    by_kind = {"v3": Version.V3, "v2": Version.V2}.get(kind[:2])
    in_url = next((one for one in Version if auth_url.endswith(f"/{one.value}")), None)
    if number and by_number is None:
        raise DeclarationError(
            f"The {origin} has identity_api_version {number}, which Keystone never had. Say 3 or "
            "2.0, or take it out: Keystone is asked then."
        )
    if by_number and by_kind and by_number is not by_kind:
        raise DeclarationError(
            f"The {origin} has identity_api_version {number} with auth_type {kind}, which "
            "contradict each other. Take one of them out."
        )
    said = by_number or by_kind
    if said is Version.V2 and in_url is Version.V3:
        raise DeclarationError(
            f"The {origin} is for Identity v2.0, and its auth_url for v3. Take the /v3 off the "
            "URL, or the version out."
        )
    if said is None and in_url is Version.V3:
        said = Version.V3
    return Choice(said, otherwise=said or in_url or Version.V3)


def check_without_domains(options: Mapping[str, Any], origin: str) -> None:
    """Refuse a login for v2.0 that names a domain, which only v3 has."""
    foreign = [
        name for name in _DOMAIN_OPTIONS if str(options.get(name) or "").lower() not in _DEFAULTS
    ]
    foreign += [name for name in _OF_V3_ALONE if options.get(name)]
    if foreign:
        raise DeclarationError(
            f"The {origin} says {foreign[0]} {options[foreign[0]]}, and Identity v2.0, which it is "
            "for, knows the default domain only. Give Keystone's v3 URL where it serves v3, else "
            "take the domain out."
        )


def default_domain_of(ref: DomainRef, what: str) -> str:
    """Return the id of the one domain there is for v2.0; refuse any other."""
    said = ref.id or ref.name or ""
    if said.lower() not in _DEFAULTS:
        raise DeclarationError(
            f"{what} is in domain {ref}, and Keystone is asked through Identity v2.0, which knows "
            "the default domain only. Log in with Keystone's v3 URL where it serves v3."
        )
    return DEFAULT_DOMAIN_ID
