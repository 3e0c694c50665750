"""An ec2-api as a node has it: its files, its login, its database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.identity import DomainRef, ProjectRef, UserRef
from setup_tool.core.queries import ReadFile, ReadSystem
from setup_tool.core.secret import Secret
from setup_tool.declare.ec2_api_places import Places, places_of
from setup_tool.declare.fields import Database, LoginOverride
from setup_tool.declare.logins import domain_of
from setup_tool.editors import ini
from setup_tool.editors.ini import DEFAULT, Dialect, FileProblemError, IniFile
from setup_tool.resources.config_file import open_config
from setup_tool.resources.own_file import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from setup_tool.core.facts import FileFact, SystemFact
    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.declare.inventory import Node
    from setup_tool.resources.resource import Answers

USER = "ec2-api"
_PROJECT = "service"
_AUTHTOKEN = "keystone_authtoken"


@dataclass(frozen=True, slots=True)
class Standalone:
    """A node on which ec2-api is to be, or is not to be any more.

    ``conf`` is its configuration, None where there is none yet; ``ours``: we made that. ``user``
    and ``project`` are those it logs in with, or is to; ``password`` is the one that it has, None
    for none. ``database`` is the SQLAlchemy URL it has or is to have, None for its own SQLite.
    """

    node: Node
    system: SystemFact
    places: Places
    conf: IniFile | None
    ours: bool
    user: UserRef
    project: ProjectRef
    password: Secret | None
    database: Database | None

    def option(self, key: str, section: str = DEFAULT) -> str | None:
        """Return what its configuration says, None where it says nothing."""
        found = self.conf.get(section, key) if self.conf else None
        return found.value if found else None

    def absolute(self, path: str) -> str:
        """Return a path of the node without the ``~`` of the login's home."""
        return f"{self.system.home}{path[1:]}" if path.startswith("~/") else path


def read_standalones(
    nodes: Sequence[Node], proxies: Sequence[Proxy], facts: Mapping[str, Answers]
) -> tuple[Standalone, ...]:
    """Return the controllers whose inventory says ``ec2: standalone`` or ``ec2: off``.

    Raises `DeclarationError` for a configuration that cannot be read.
    """
    return tuple(
        _read(node, proxies, facts[node.name])
        for node in nodes
        if "controller" in node.groups and node.settings.ec2 in {"standalone", "off"}
    )


def _read(node: Node, proxies: Sequence[Proxy], facts: Answers) -> Standalone:
    places = places_of(node)
    fact: FileFact = facts[ReadFile(places.conf)]
    conf = None
    if fact.content is not None or fact.problem is not None:
        conf = open_config(node.name, places.conf, Dialect.OSLO, fact)
    said = node.settings.ec2_login or LoginOverride()

    def own(key: str) -> str | None:
        found = conf.get(_AUTHTOKEN, key) if conf else None
        return found.value if found else None

    name = said.user or own("username") or USER
    beside = own if own("project_name") else _of_nova(node, facts)
    project = said.project or beside("project_name")
    proxy = next((proxy.login for proxy in proxies if proxy.login), None)
    if project is None and proxy is not None:
        project_ref, user_domain = proxy.project, proxy.user.domain
    else:
        project_ref = ProjectRef(
            project or _PROJECT, domain_of(beside, "project_domain", said.project_domain)
        )
        user_domain = domain_of(beside, "user_domain", said.user_domain)
    if said.user_domain:
        user_domain = DomainRef(name=said.user_domain)
    password = own("password")
    database = conf.get("database", "connection") if conf else None
    return Standalone(
        node=node,
        system=facts[ReadSystem(node.settings.state_dir)],
        places=places,
        conf=conf,
        ours=fact.content is not None and is_ours(fact.content),
        user=UserRef(name, user_domain),
        project=project_ref,
        password=Secret(password) if password else None,
        database=node.settings.ec2_api_database
        or (Database.of(database.value) if database else None),
    )


def _of_nova(node: Node, facts: Answers) -> Callable[[str], str | None]:
    """Return what reads the login of nova on the same node, whose project is the services' own."""
    fact: FileFact = facts[ReadFile(node.settings.nova_conf)]
    file = None
    if fact.content is not None:
        try:
            file = ini.read(fact.content, Dialect.OSLO, name=node.settings.nova_conf)
        except FileProblemError:
            file = None

    def get(key: str) -> str | None:
        found = file.get(_AUTHTOKEN, key) if file else None
        return None if found is None or found.unresolved else found.value

    return get


def check_databases(region: str, found: Sequence[Standalone]) -> None:
    """Refuse several controllers of a region that do not share one database.

    The ids that ec2-api hands out (``i-...``, ``vol-...``) are in it, so that each of them would
    know only those that it made itself.
    """
    names = ", ".join(each.node.name for each in found)
    urls = {each.database for each in found}
    if len(found) < 2:  # noqa: PLR2004 - one alone shares with nobody
        return
    if any(url is None or url.is_file for url in urls):
        raise DeclarationError(
            f"{names}: ec2-api is to run on several controllers of region {region}, and its "
            "default database is a file of one node: ids that one of them hands out would be "
            "unknown to the others. Set ec2_api_database to a database that they share, such as "
            "mysql+pymysql://ec2api:PASSWORD@HOST/ec2api, or take ec2-api off all but one."
        )
    if len(urls) > 1:
        raise DeclarationError(
            f"{names}: ec2-api is to run on several controllers of region {region}, and they name "
            "different databases. Set ec2_api_database to the one that they share."
        )
