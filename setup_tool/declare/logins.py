"""The logins that services have in their files already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import DomainRef, Login, ProjectRef, UserRef
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.declare.inventory import LoginOverride

_PASSWORD_PLUGINS = {"password", "v3password", None}


def read_login(get: Callable[[str], str | None], place: str) -> Login:
    """Return the login in a section that keystonemiddleware's auth_token reads.

    ``get`` returns an option's value, ``place`` names file and section in errors.
    Option names and their older spellings are those of keystoneauth's password
    plugin. Raises `DeclarationError` for a login that is no user, password and
    project by name.
    """
    if get("auth_section"):
        raise DeclarationError(
            f"{place} points to another section with auth_section, which is not supported. "
            "Put the login into the section itself, or name it as s3_login in the inventory."
        )
    kind = get("auth_type") or get("auth_plugin")
    if kind not in _PASSWORD_PLUGINS:
        raise DeclarationError(
            f"{place} logs in with auth_type = {kind}; s3token needs a password login. "
            "Name one as s3_login in the inventory."
        )
    user = get("username") or get("user_name") or get("user-name")
    password = get("password")
    project = get("project_name") or get("tenant_name") or get("project-name")
    auth_url = get("auth_url")
    missing = [
        name
        for name, value in (
            ("auth_url", auth_url),
            ("username", user),
            ("password", password),
            ("project_name", project),
        )
        if not value
    ]
    if not (auth_url and user and password and project):
        raise DeclarationError(
            f"{place} has no {' and no '.join(missing)}, so its login cannot be used for s3token. "
            "Complete it, or name a login as s3_login in the inventory."
        )
    return Login(
        user=UserRef(user, _domain(get, "user_domain")),
        password=Secret(password),
        project=ProjectRef(project, _domain(get, "project_domain")),
        auth_url=auth_url,
    )


def overridden(login: Login, override: LoginOverride | None) -> Login:
    """Return the login with what the inventory says differs."""
    if override is None:
        return login
    user = UserRef(
        override.user or login.user.name,
        DomainRef(name=override.user_domain) if override.user_domain else login.user.domain,
    )
    project = ProjectRef(
        override.project or login.project.name,
        DomainRef(name=override.project_domain)
        if override.project_domain
        else login.project.domain,
    )
    return Login(user, override.password or login.password, project, login.auth_url)


def _domain(get: Callable[[str], str | None], which: str) -> DomainRef:
    by_id = get(f"{which}_id") or get(f"{which}-id")
    by_name = get(f"{which}_name") or get(f"{which}-name")
    if by_id or by_name:
        return DomainRef(id=by_id, name=None if by_id else by_name)
    return DomainRef(
        id=get("default_domain_id") or (None if get("default_domain_name") else "default"),
        name=get("default_domain_name"),
    )
