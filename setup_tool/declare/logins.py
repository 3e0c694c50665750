"""The logins that services have in their files already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import DomainRef, Login, ProjectRef, UserRef
from setup_tool.core.secret import Secret
from setup_tool.declare.fields import LoginOverride

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from setup_tool.declare.roles import Value

_PASSWORD_PLUGINS = {"password", "v3password", None}


def read_login(
    get: Callable[[str], str | None], place: str, override: LoginOverride | None = None
) -> Login:
    """Return the login in a section that keystonemiddleware's auth_token reads.

    ``get`` returns an option's value, ``place`` names file and section in errors.
    Option names and their older spellings are those of keystoneauth's password
    plugin. What ``override`` says holds instead; where that is user, password and
    project, the section need not have a password login. Raises `DeclarationError` for a
    login that is no user, password and project by name.
    """
    said = override or LoginOverride()
    whole = bool(said.user and said.password and said.project)
    if not whole:
        _check_kind(get, place)
    user = said.user or get("username") or get("user_name") or get("user-name")
    password = said.password or _secret(get("password"))
    project = said.project or get("project_name") or get("tenant_name") or get("project-name")
    auth_url = get("auth_url") or (_served_at(get) if whole else None)
    needed = {
        "auth_url": auth_url,
        "username": user,
        "password": password,
        "project_name": project,
    }
    if not (auth_url and user and password and project):
        missing = " and no ".join(name for name, value in needed.items() if not value)
        raise DeclarationError(
            f"{place} has no {missing}, so its login cannot be used for s3token. "
            "Complete it, or name a login as s3_login in the inventory."
        )
    return Login(
        user=UserRef(user, domain_of(get, "user_domain", said.user_domain)),
        password=password,
        project=ProjectRef(project, domain_of(get, "project_domain", said.project_domain)),
        auth_url=auth_url,
    )


def _check_kind(get: Callable[[str], str | None], place: str) -> None:
    if get("auth_section"):
        raise DeclarationError(
            f"{place} points to another section with auth_section, which is not supported. Put "
            "the login into the section itself, or name user, password and project of one as "
            "s3_login in the inventory."
        )
    kind = get("auth_type") or get("auth_plugin")
    if kind not in _PASSWORD_PLUGINS:
        raise DeclarationError(
            f"{place} logs in with auth_type = {kind}; s3token needs a password login. "
            "Name user, password and project of one as s3_login in the inventory."
        )


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _served_at(get: Callable[[str], str | None]) -> str | None:
    """Return the URL that users are told to log in at (``auth_uri`` before Queens)."""
    return get("www_authenticate_uri") or get("auth_uri")


def domain_of(get: Callable[[str], str | None], which: str, said: str | None) -> DomainRef:
    """Return the domain of ``which`` (user_domain, project_domain) that a section names.

    What is ``said`` elsewhere goes first; a section that names none means the default domain.
    """
    if said:
        return DomainRef(name=said)
    by_id, by_name = get(f"{which}_id"), get(f"{which}_name")
    if by_id or by_name:
        return DomainRef(id=by_id, name=None if by_id else by_name)
    return DomainRef(
        id=get("default_domain_id") or (None if get("default_domain_name") else "default"),
        name=get("default_domain_name"),
    )


def login_values(login: Login) -> Mapping[str, Value]:
    """Return the values by which roles write a login as keystoneauth's password plugin reads it."""
    user_key, user_domain = _domain_option("user_domain", login.user.domain)
    project_key, project_domain = _domain_option("project_domain", login.project.domain)
    return {
        "login_auth_url": login.auth_url,
        "login_user": login.user.name,
        "login_password": login.password,
        "login_project": login.project.name,
        "user_domain_key": user_key,
        "user_domain": user_domain,
        "user_domain_other": _OTHER_DOMAIN_OPTION[user_key],
        "project_domain_key": project_key,
        "project_domain": project_domain,
        "project_domain_other": _OTHER_DOMAIN_OPTION[project_key],
    }


_OTHER_DOMAIN_OPTION = {
    f"{which}_domain_{one}": f"{which}_domain_{other}"
    for which in ("user", "project")
    for one, other in (("id", "name"), ("name", "id"))
}


def _domain_option(which: str, domain: DomainRef) -> tuple[str, str]:
    if domain.id:
        return f"{which}_id", domain.id
    return f"{which}_name", domain.name or "Default"
