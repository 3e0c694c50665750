"""Which configuration files a service of OpenStack reads: the question and the answer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadOsloFiles:
    """The files that a service with oslo.config reads; answered by `OsloFilesFact`.

    The first of the systemd ``units`` that runs is meant, else the first there is; where
    there is none, the process that listens on the first of the TCP ``ports`` on which one
    does. ``project`` and ``program`` are the names by which it finds files that its command
    line does not name. What the files say is answered too, as if by `ReadFile`.
    """

    project: str
    program: str
    units: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OsloFilesFact:
    """How a service comes by its files; paths in the order of reading, the later ones win.

    ``program`` is the name of what runs, ``wsgi`` under uwsgi or Apache, None where it is not
    known or is hidden in a container. ``told`` are the files that its command line names, those
    of directories included; ``told_files`` and ``told_dirs``: it names any by ``--config-file``,
    by ``--config-dir``. ``found`` and ``found_in_dirs`` are what it finds by itself where it is
    told of no file, of no directory.
    """

    unit: str | None = None
    program: str | None = None
    told: tuple[str, ...] = ()
    told_files: bool = False
    told_dirs: bool = False
    found: tuple[str, ...] = ()
    found_in_dirs: tuple[str, ...] = ()
