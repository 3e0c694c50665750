"""What ec2-api's programs are made of on a node."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.declare.ec2_api_places import PREFIX
from setup_tool.declare.releases import is_at_least, is_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.environments import EnvironmentsFact
    from setup_tool.core.facts import SystemFact
    from setup_tool.declare.ec2_api import Standalone
    from setup_tool.declare.roles import Value

ALONE = "ec2-api/requirements-alone.txt"
"""ec2-api itself, for an environment that sees the libraries of the node's packages."""
WHOLE = "ec2-api/requirements.txt"
"""ec2-api with all that it needs, for an environment that sees nothing else."""

_FITTING = {"debian": ("10", "12"), "ubuntu": ("20.04", "24.04")}
"""The first and the last release whose own libraries ec2-api 17.0.0 runs on: it needs SQLAlchemy
before 2.0 (``autocommit=True`` in ec2api/db/sqlalchemy/api.py), which Debian 13 does not have."""

_PINNED_PYTHON = "3.11"
"""What the pinned libraries need at least."""

_MODULES = (
    *("botocore", "cinderclient", "cryptography", "ensurepip", "eventlet", "glanceclient"),
    *("greenlet", "httplib2", "keystoneauth1", "keystoneclient", "lxml", "migrate", "netaddr"),
    *("neutronclient", "novaclient", "oslo_cache", "oslo_concurrency", "oslo_config"),
    *("oslo_context", "oslo_db", "oslo_log", "oslo_serialization", "oslo_service", "oslo_utils"),
    *("paste", "pbr", "routes", "sqlalchemy", "webob"),
)
"""What ec2-api 17.0.0 imports, and ensurepip, which makes its environment."""

_PACKAGES = (
    *("python3-botocore", "python3-cinderclient", "python3-cryptography", "python3-eventlet"),
    *("python3-glanceclient", "python3-greenlet", "python3-httplib2", "python3-keystoneauth1"),
    *("python3-keystoneclient", "python3-lxml", "python3-migrate", "python3-netaddr"),
    *("python3-neutronclient", "python3-novaclient", "python3-oslo.cache"),
    *("python3-oslo.concurrency", "python3-oslo.config", "python3-oslo.context"),
    *("python3-oslo.db", "python3-oslo.log", "python3-oslo.serialization"),
    *("python3-oslo.service", "python3-oslo.utils", "python3-paste", "python3-pastedeploy"),
    *("python3-pbr", "python3-routes", "python3-sqlalchemy", "python3-venv", "python3-webob"),
)
"""The packages of Debian and Ubuntu that these modules are in."""

_DRIVERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "mysql+pymysql": (("pymysql",), ("python3-pymysql",)),
    "postgresql": (("psycopg2",), ("python3-psycopg2",)),
    "postgresql+psycopg2": (("psycopg2",), ("python3-psycopg2",)),
}
"""The modules and the packages of each kind of database, but for SQLite's own."""

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(\s*;)?", re.MULTILINE)


def programs(
    each: Standalone, fact: EnvironmentsFact, texts: Mapping[str, str]
) -> dict[str, Value]:
    """Return where ec2-api's programs are, and the values of what they are made of.

    ``texts`` are the lists of requirements by their names. Raises `DeclarationError` for a node
    that cannot have them.
    """
    settings, places = each.node.settings, each.places
    values: dict[str, Value] = {
        "environment": None,
        "requirements": None,
        "system": False,
        "packaged": False,
        "environments": places.environments,
        "wheels": settings.ec2_api_wheels,
        "index": settings.ec2_api_index,
        "needed_wheels": (),
    }
    if settings.ec2_api_restart or settings.ec2_api_bin:
        return values | {"bin": each.absolute(settings.ec2_api_bin or "")}
    if fact.python is None:
        raise DeclarationError(
            f"{each.node.name} has no python3, which ec2-api needs. Install it there, or name "
            "programs that are there as ec2_api_bin."
        )
    packaged = _is_packaged(settings.ec2_api_libraries, each.system)
    if packaged and each.system.os_id not in _FITTING:
        raise DeclarationError(
            f"{each.node.name}: `ec2_api_libraries: distribution` is for Debian and Ubuntu, and "
            f"this node says that it is {each.system.os_id or 'nothing known'}. Set `pinned`, or "
            "leave it out."
        )
    if not packaged:
        _check_python(each, fact.python)
    text = texts[ALONE if packaged else WHOLE]
    made_of = hashlib.sha256(f"{fact.python} {packaged}\n{text}".encode()).hexdigest()
    name = f"{PREFIX}{made_of[:12]}"
    return values | {
        "environment": name,
        "requirements": text,
        "system": packaged,
        "packaged": packaged,
        "bin": f"{each.absolute(places.environments)}/{name}/bin",
        "needed_wheels": _wheels(text),
    }


def package_values(each: Standalone) -> dict[str, Value]:
    """Return the Python modules that ec2-api needs of the node's packages, and those packages."""
    modules, packages = _DRIVERS.get(each.database.kind, ((), ())) if each.database else ((), ())
    return {"modules": (*_MODULES, *modules), "packages": (*_PACKAGES, *packages)}


def _is_packaged(said: str, system: SystemFact) -> bool:
    """Tell whether the libraries are to be those of the node's packages."""
    if said != "auto":
        return said == "distribution"
    fitting = _FITTING.get(system.os_id)
    if fitting is None or not is_version(system.os_version):
        return False
    first, last = fitting
    return is_at_least(system.os_version, first) and is_at_least(last, system.os_version)


def _check_python(each: Standalone, release: str) -> None:
    if not is_at_least(release, _PINNED_PYTHON):
        raise DeclarationError(
            f"{each.node.name}: the libraries that are pinned for ec2-api need Python "
            f"{_PINNED_PYTHON} or later, and python3 is {release} there. Build an environment with "
            "another Python there, and name its bin folder as ec2_api_bin."
        )


def _wheels(text: str) -> tuple[str, ...]:
    """Return the wheels that every system needs, as ``NAME==RELEASE``.

    What is needed on some systems only is left to pip.
    """
    return tuple(
        f"{name}=={release}" for name, release, marked in _REQUIREMENT.findall(text) if not marked
    )
