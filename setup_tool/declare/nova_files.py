"""What nova-api reads: nova.conf and what else its command line or oslo.config names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError
from setup_tool.core.queries import ReadFile
from setup_tool.declare.questions import nova_files
from setup_tool.declare.releases import is_at_least
from setup_tool.editors import ini
from setup_tool.editors.ini import DEFAULT, Dialect, FileProblemError, IniFile, Option
from setup_tool.resources.config_file import open_config

if TYPE_CHECKING:
    from setup_tool.core.facts import FileFact
    from setup_tool.core.oslo_files import OsloFilesFact
    from setup_tool.declare.inventory import Node
    from setup_tool.resources.resource import Answers

_DIRECTORIES_SINCE = "15"
"""Ocata: oslo.config 3.20.0 looks for ``nova.conf.d`` unasked (release notes)."""

_PACKAGED = "/usr/"
"""Below it files are a package's: RDO's ``/usr/share/nova/nova-dist.conf``."""

_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


class OtherFilesError(DeclarationError):
    """nova-api reads other files than the one that the inventory names."""


@dataclass(frozen=True, slots=True)
class Found:
    """An option where it is read: the file's path, the file, the option in it."""

    path: str
    file: IniFile
    option: Option

    @property
    def place(self) -> str:
        """File and line, for sentences."""
        return f"{self.path}, line {self.option.lines[0]}"


@dataclass(frozen=True, slots=True)
class NovaFiles:
    """The files in the order in which nova-api reads them; of an option the last one counts.

    ``path`` is the inventory's nova.conf, which is one of them. ``alone``: EC2 runs as a
    service of its own (``nova-api-ec2``), which does not look at ``enabled_apis``
    (``nova/cmd/api_ec2.py`` up to 12).
    """

    node: str
    path: str
    layers: tuple[tuple[str, IniFile], ...]
    alone: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The files' paths."""
        return tuple(path for path, _ in self.layers)

    def get(self, key: str) -> Found | None:
        """Return an option of [DEFAULT] where it counts; None: nova's own default is in force."""
        for path, file in reversed(self.layers):
            option = file.get(DEFAULT, key)
            if option is not None:
                return Found(path, file, option)
        return None

    def listed(self, key: str) -> tuple[str, ...]:
        """Return the members of a list, none where it is not set."""
        found = self.get(key)
        parts = found.option.value.split(",") if found else ()
        return tuple(part.strip() for part in parts if part.strip())

    def value(self, key: str) -> str | None:
        """Return an option, what it refers to (``$my_ip``) filled in.

        Raises `FileProblemError` where that stands in none of the files.
        """
        found = self.get(key)
        if found is None or not found.option.unresolved:
            return found.option.value if found else None

        def referred(name: re.Match[str]) -> str:
            other = self.get(name[1] or name[2])
            if other is None or other.option.unresolved:
                raise FileProblemError(
                    found.file.name,
                    found.option.lines[0],
                    f"{key} refers to an option that the file does not set, so nova-api cannot be "
                    "asked for its health. Set nova_api_health_url in the inventory.",
                )
            return other.option.value

        return _REFERENCE.sub(referred, found.option.value)

    def place_to_write(self, key: str) -> str:
        """Return the path of the file in which an option of [DEFAULT] is to be set.

        Raises `DeclarationError` where a package's file would overrule it.
        """
        found = self.get(key)
        if found is None or self.paths.index(found.path) <= self.paths.index(self.path):
            return self.path
        if found.path.startswith(_PACKAGED):
            raise DeclarationError(
                f"{self.node}: {found.place}: {key} is set there by a package, and nova-api reads "
                f"that file after {self.path}. Set {key} in a file that it reads later, such as "
                "/etc/nova/nova-api.conf, and remove it from there when its package is gone."
            )
        return found.path


def read_nova_files(node: Node, facts: Answers, release: str) -> NovaFiles:
    """Return the files that the node's nova-api reads, of which nova.conf must be one.

    Raises `DeclarationError` for one that cannot be read, `OtherFilesError` where nova-api reads
    others.
    """
    path = node.settings.nova_conf
    main: FileFact = facts[ReadFile(path)]
    fact: OsloFilesFact = facts[nova_files(node)]
    layers: list[tuple[str, IniFile]] = []
    own = False
    for each in _in_order(path, fact, release):
        file: FileFact = facts[ReadFile(each)]
        if file.path == main.path:
            own = True
            layers.append((path, open_config(node.name, path, Dialect.OSLO, main)))
        elif file.content is None and file.problem is None:
            continue
        elif file.content is None or file.content.data.strip():
            layers.append((each, _opened(node, each, file)))
    if layers and not own:
        named = [name for name, _ in layers if not name.startswith(_PACKAGED)]
        raise OtherFilesError(
            f"{node.name}: {fact.program or 'nova-api'} does not read {path}: it is started with "
            f"{', '.join(named or [name for name, _ in layers])}. Set nova_conf to the file it "
            "reads in the inventory, or correct how it is started."
        )
    if not own:
        layers = [(path, open_config(node.name, path, Dialect.OSLO, main))]
    alone = "nova-api-ec2" in {fact.program, fact.unit}
    return NovaFiles(node.name, path, tuple(layers), alone)


def _in_order(path: str, fact: OsloFilesFact, release: str) -> tuple[str, ...]:
    """Return the paths in the order of reading; of one that is read twice the last time counts.

    The rules are those of ``ConfigOpts._parse_config_files`` (oslo.config). Under uwsgi and
    Apache nova names its file itself (``nova/api/openstack/wsgi_app.py``).
    """
    if fact.program is None:
        return ()
    found = () if fact.told_files else (path,) if fact.program == "wsgi" else fact.found
    inside = fact.found_in_dirs
    if fact.told_dirs or not is_at_least(release, _DIRECTORIES_SINCE):
        inside = ()
    paths = (*found, *inside, *fact.told)
    return tuple(reversed(dict.fromkeys(reversed(paths))))


def _opened(node: Node, path: str, fact: FileFact) -> IniFile:
    if fact.content is None:
        raise DeclarationError(
            f"{node.name}: {path} cannot be read: {fact.problem}. nova-api reads it as well as "
            f"{node.settings.nova_conf}, so that what it says must be known. Make it readable."
        )
    return ini.read(fact.content, Dialect.OSLO, name=f"{node.name}: {path}")
