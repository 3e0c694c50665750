"""The login at Keystone that the operator's clouds.yaml or environment describes."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.keystone_version import Version, read_choice
from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keystoneauth1.session import Session

    from setup_tool.adapters.keystone_version import Choice

_PASSWORD_PLUGINS = {"password", "v2password", "v3password"}
_PROJECT_OPTIONS = ("project_name", "tenant_name", "project_id", "tenant_id")
_OF_USERS = {"username", "user_id", "user_domain_id", "user_domain_name", "password"}
_NOT_FOR_LOGINS = {"OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLOUD_NAME"}
_FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class CloudLogin:
    """A login that is known but not made yet: that happens at the session's first use.

    ``origin`` says for error messages where the login comes from, ``user`` and
    ``project`` whose it is, by name or id, as far as that is said there. ``ca_bundle``
    is a file of certificates, None for the system's.
    """

    session: Session = field(repr=False)
    origin: str
    user: str | None = None
    project: str | None = None
    region: str | None = None
    ca_bundle: str | None = None
    verify: bool = True

    @property
    def auth_url(self) -> str:
        """Keystone's URL, without user information.

        It ends in ``/v3`` or ``/v2.0``, though not before the login where Keystone is
        to be asked which of them it serves.
        """
        from setup_tool.adapters.keystone_session import without_userinfo

        plugin: Any = self.session.auth
        return without_userinfo(plugin.auth_url)

    def over_own_connections(self) -> CloudLogin:
        """Return the same login, with the same token, for another thread.

        What broke there before it was answered is sent again, POST as well.
        """
        from setup_tool.adapters.keystone_session import new_session, read_environment_once

        known: Any = self.session
        session = new_session(
            known.auth, verify=known.verify, certificate=known.cert, timeout=known.timeout
        )
        session.all_repeatable = True
        read_environment_once(session, self.auth_url)
        return replace(self, session=session)


def open_session(
    os_cloud: str | None, environ: Mapping[str, str], *, timeout: float = 60.0
) -> CloudLogin:
    """Return the login of a clouds.yaml entry, or of the ``OS_*`` environment.

    The entry is ``os_cloud``, else ``OS_CLOUD``; its file is found as openstacksdk
    finds it. ``timeout`` is for one answer of Keystone, in seconds; ``api_timeout`` in
    the entry, or OS_API_TIMEOUT, is used instead. Nothing is sent.

    Raises `DeclarationError` when there is no such entry, when there are no
    credentials, when they are incomplete, or when they are for Identity v2.0 and name a
    domain.
    """
    cloud = os_cloud or environ.get("OS_CLOUD")
    if cloud:
        region, origin = _from_clouds_yaml(cloud, environ)
    else:
        region, origin = _from_environment(environ)
    options = {**region.config, **region.config.get("auth", {})}
    if not options.get("auth_url"):
        raise DeclarationError(
            f"The {origin} has no auth_url, so Keystone's address is not known. Add it, for "
            "instance https://keystone.example.org:5000/v3."
        )
    auth_url = _checked_url(options["auth_url"], origin)
    choice = read_choice(options, auth_url, origin)
    verify, certificate = _tls(region, origin)
    from setup_tool.adapters.keystone_session import new_session

    return CloudLogin(
        session=new_session(
            _plugin(region, options, auth_url, choice, origin),
            verify=verify,
            certificate=certificate,
            timeout=_timeout(options, origin) or timeout,
        ),
        origin=origin,
        user=options.get("username") or options.get("user_id"),
        project=next((options[name] for name in _PROJECT_OPTIONS if options.get(name)), None),
        region=region.config.get("region_name") or None,
        ca_bundle=verify if isinstance(verify, str) else None,
        verify=verify is not False,
    )


def _from_clouds_yaml(cloud: str, environ: Mapping[str, str]) -> tuple[Any, str]:
    loader = _openstack_config()
    files = list(loader.CONFIG_FILES)
    secure_files = list(loader.SECURE_FILES)
    if named := environ.get("OS_CLIENT_CONFIG_FILE"):
        if not Path(named).is_file():
            raise DeclarationError(f"OS_CLIENT_CONFIG_FILE names {named}, which is not a file.")
        files.insert(0, named)
    if named := environ.get("OS_CLIENT_SECURE_FILE"):
        secure_files.insert(0, named)
    config = _reading(
        files[0] if environ.get("OS_CLIENT_CONFIG_FILE") else "clouds.yaml",
        lambda: loader.OpenStackConfig(
            config_files=files, secure_files=secure_files, load_envvars=False
        ),
    )
    first = next((path for path in files if Path(path).exists()), None)
    if first is None:
        raise DeclarationError(
            f"There is no clouds.yaml to find cloud '{cloud}' in; looked for "
            f"{', '.join(path for path in files if path.endswith('.yaml'))}."
        )
    if config.config_filename != first:
        raise DeclarationError(
            f"{first} cannot be read as YAML, so cloud '{cloud}' is not known. Check its syntax "
            "and its permissions."
        )
    names = sorted(name for name in config.get_cloud_names() if name != "defaults")
    if cloud not in names:
        raise DeclarationError(
            f"{first} has no cloud '{cloud}'; it names {', '.join(names) or 'none'}. Set os_cloud "
            "in the inventory, or OS_CLOUD, to one of these."
        )
    region = _reading(first, lambda: config.get_one(cloud, validate=False))
    return region, f"cloud '{cloud}' of {first}"


def _from_environment(environ: Mapping[str, str]) -> tuple[Any, str]:
    found = {
        name[3:].lower(): value
        for name, value in environ.items()
        if name.startswith("OS_") and name not in _NOT_FOR_LOGINS and value
    }
    if "auth_url" not in found and "username" not in found:
        raise DeclarationError(
            "There are no credentials for Keystone. Name an entry of clouds.yaml as os_cloud in "
            "the inventory or as OS_CLOUD, or load an openrc file (OS_AUTH_URL, OS_USERNAME, ...)."
        )
    if "insecure" in found:  # openstacksdk knows no other truth than "true"
        found["insecure"] = str(found["insecure"].lower() not in _FALSE)
    loader = _openstack_config()
    config = loader.OpenStackConfig(load_yaml_config=False, load_envvars=False)
    origin = "OS_* environment"
    return _reading(origin, lambda: config.get_one(None, validate=False, **found)), origin


def _plugin(
    region: Any, options: Mapping[str, Any], auth_url: str, choice: Choice, origin: str
) -> Any:
    if options.get("auth_type") not in _PASSWORD_PLUGINS:
        return _other_plugin(region, (choice.said or Version.V3).at(auth_url), origin)
    missing = [name for name in ("password",) if not options.get(name)]
    if not (options.get("username") or options.get("user_id")):
        missing.insert(0, "username")
    if missing:
        raise DeclarationError(f"The {origin} has no {' and no '.join(missing)}.")
    from setup_tool.adapters.keystone_plugin import password_plugin

    return password_plugin(options, auth_url, choice, origin)


def _other_plugin(region: Any, auth_url: str, origin: str) -> Any:
    """Return what keystoneauth makes of an entry that is no password login."""
    kind = region.config.get("auth_type")
    settings = {name: value for name, value in region.config.items() if name != "auth_type"}
    settings["auth"] = {**settings.get("auth", {}), "auth_url": auth_url}
    if str(kind).endswith("token"):  # what an openrc file says of the user says the token
        settings["auth"] = {
            name: value for name, value in settings["auth"].items() if name not in _OF_USERS
        }
    from keystoneauth1 import exceptions
    from keystoneauth1.identity.base import BaseIdentityPlugin

    try:
        loader = _openstack_config()
        config = loader.OpenStackConfig(load_yaml_config=False, load_envvars=False)
        plugin = config.get_one(None, auth_type=kind, **settings).get_auth()
    except exceptions.OptionError as error:
        raise DeclarationError(
            f"The {origin} does not fit auth_type {kind}. {str(error).rstrip('.')}."
        ) from None
    except (exceptions.NoMatchingPlugin, TypeError):  # the latter: "none" with a user name
        plugin = None
    if not isinstance(plugin, BaseIdentityPlugin):
        raise DeclarationError(
            f"The {origin} logs in with auth_type {kind}, which cannot be used. Use a "
            "user name and a password, or an application credential."
        )
    return plugin


def _tls(region: Any, origin: str) -> tuple[bool | str, Any]:
    verify, certificate = region.get_requests_verify_args()
    verify = True if verify is None else verify
    if isinstance(verify, str) and not Path(verify).exists():
        raise DeclarationError(f"The {origin} names {verify} as cacert, which does not exist.")
    return verify, certificate


def _checked_url(auth_url: str, origin: str) -> str:
    url = str(auth_url).rstrip("/")
    if not url.lower().startswith(("http://", "https://")):
        raise DeclarationError(
            f"The {origin} has an auth_url that begins with neither http:// nor https://. Give "
            "the whole URL, for instance https://keystone.example.org:5000/v3."
        )
    return url


def _timeout(options: Mapping[str, Any], origin: str) -> float | None:
    """Return openstacksdk's ``api_timeout`` in seconds, None where it is not said."""
    said = options.get("api_timeout")
    if said is None:
        return None
    try:
        seconds = float(said)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise DeclarationError(
            f"The {origin} has an api_timeout that is no number of seconds. Correct it, or take "
            "it out."
        )
    return seconds


def _reading(what: str, read: Any) -> Any:
    """Call openstacksdk's configuration, whose failures are of many types."""
    try:
        return read()
    except Exception as error:  # noqa: BLE001 - an operator's file may raise whatever it hits
        detail = f": {error}" if type(error).__name__ == "ConfigException" else ""
        failure = DeclarationError(
            f"{what} cannot be understood as a cloud's configuration "
            f"({type(error).__name__}{detail})."
        )
    raise failure


def _openstack_config() -> Any:
    """Return openstacksdk's `openstack.config.loader` without the rest of that package.

    ``openstack/__init__`` imports the proxies of all services: 0.4 s of every run for
    nothing we use. While the loader is imported an empty package of that name, with the
    real one's path, stands in its place.
    """
    import logging

    spec = None if "openstack" in sys.modules else importlib.util.find_spec("openstack")
    if spec is not None and spec.submodule_search_locations is not None:
        package = ModuleType("openstack")
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules["openstack"] = package
    from openstack.config import loader

    if spec is not None:
        del sys.modules["openstack"]
    # It warns of files that it skips; we refuse them.
    logging.getLogger("openstack").setLevel(logging.ERROR)
    return loader
