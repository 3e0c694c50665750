"""Every `Shell` tells how a service was installed and what its Python finds, and writes nothing."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

from setup_tool.core.facts import InstallationFact, InstallFact, Source
from setup_tool.core.queries import PlanInstall, ReadInstallation
from tests.contracts.changes import snapshot
from tests.node.places import SERVICE, Place, free_port, little_service

if TYPE_CHECKING:
    from setup_tool.core.facts import NodeFact
    from setup_tool.core.queries import NodeQuery

NOWHERE = ("no-such-package-here",)


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
