"""Every `Shell` tells how a service was installed and what its Python finds, and writes nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

from setup_tool.core.facts import InstallationFact, InstallFact, Source
from setup_tool.core.queries import PlanInstall, ReadInstallation
from setup_tool.node.installation import FINDS
from tests.contracts.changes import snapshot
from tests.lab.waiting import wait_until
from tests.node.places import SERVICE, Place, free_port, listening, little_service

if TYPE_CHECKING:
    from setup_tool.core.facts import NodeFact
    from setup_tool.core.queries import NodeQuery

NOWHERE = ("no-such-package-here",)
# Wipes the words that it shows (fields 48 and 49 of stat, proc(5)), as the kernel does with one
# that ends, then listens.
WORDLESS = """
import socket, sys
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
begin, end = int(fields[45]), int(fields[46])
with open("/proc/self/mem", "r+b", 0) as memory:
    memory.seek(begin)
    memory.write(bytes(end - begin))
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        server.accept()
"""


def observed(place: Place, *queries: NodeQuery) -> tuple[NodeFact, ...]:
    shell = place.shell()
    facts = shell.observe(queries)
    shell.close()
    return tuple(facts[query] for query in queries)


def lacks(module: str) -> PlanInstall:
    return PlanInstall("little", ("json", module), NOWHERE, NOWHERE, NOWHERE, NOWHERE)


def test_a_service_of_no_package_is_told_with_its_python_and_the_release_there(
    place: Place,
) -> None:
    with little_service(place.home, "fine") as service:
        before = snapshot(place.home)
        query = ReadInstallation("little", port=service.port, distribution="pytest")
        [fact] = observed(place, query)
        assert snapshot(place.home) == before
    assert isinstance(fact, InstallationFact)
    assert fact.source is Source.OTHER
    assert fact.program == str(SERVICE)
    assert fact.interpreter == sys.executable
    assert fact.release == version("pytest")
    assert (fact.owner, fact.front, fact.engine) == (None, None, None)


def test_nothing_is_missing_where_the_services_python_finds_the_modules(place: Place) -> None:
    with little_service(place.home, "fine") as service:
        query = ReadInstallation("little", port=service.port)
        _, found, lacking = observed(place, query, lacks("hypothesis"), lacks("no_such_module"))
    assert isinstance(found, InstallFact)
    assert isinstance(lacking, InstallFact)
    assert (found.source, found.missing, found.lacking) == (Source.OTHER, (), ())
    assert (lacking.source, lacking.missing) == (Source.OTHER, NOWHERE)
    assert lacking.lacking == ("no_such_module",)
    assert lacking.arrives == ()


def test_a_service_that_does_not_run_tells_nothing(place: Place) -> None:
    query = ReadInstallation("nobody", port=free_port(), distribution="pytest")
    told, plan = observed(place, query, lacks("no_such_module"))
    assert told == InstallationFact()
    assert isinstance(plan, InstallFact)
    assert (plan.source, plan.missing) == (None, NOWHERE)


def test_a_service_that_ends_while_it_is_looked_at_tells_nothing(place: Place) -> None:
    query = ReadInstallation("little", port=free_port(), distribution="pytest")
    with subprocess.Popen([sys.executable, "-c", WORDLESS, str(query.port)]) as process:
        try:
            wait_until(lambda: query.port is not None and listening(query.port))
            told, plan = observed(place, query, lacks("no_such_module"))
        finally:
            process.kill()
    assert told == InstallationFact()
    assert isinstance(plan, InstallFact)
    assert plan.source is None


def test_a_plan_that_is_asked_alone_finds_its_service_itself(place: Place) -> None:
    with little_service(place.home, "fine") as service:
        plan = replace(lacks("no_such_module"), port=service.port)
        [fact] = observed(place, plan)
    assert isinstance(fact, InstallFact)
    assert (fact.source, fact.lacking) == (Source.OTHER, ("no_such_module",))


def test_a_service_that_does_not_run_is_asked_by_the_python_of_its_script(place: Place) -> None:
    programs = {
        "little-server": "#!/usr/bin/env python-of-yore\n",
        "python-of-yore": "#!/bin/sh\necho finds no_such_module\necho lacks json\n",
    }
    for name, text in programs.items():
        program = place.home / "bin" / name
        program.write_text(text)
        program.chmod(0o755)
    [fact] = observed(place, lacks("no_such_module"))
    assert isinstance(fact, InstallFact)
    assert fact.lacking == ("json",)


def test_a_python_without_todays_importers_finds_modules_all_the_same() -> None:
    prelude = (
        "import pkgutil, sys; sys.modules['importlib.util'] = None; "
        "exec(compile(sys.stdin.read(), '', 'exec'))"
    )
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", prelude, "", "json", "nothing", "nothing.below"],
        input=FINDS,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.splitlines() == ["finds json", "lacks nothing", "lacks nothing.below"]
