"""Everything of the table that one server is to show, seen and recorded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.ec2.table import CHECKS, LIFE, LOOK, PROGRAMS, Server
from tests.tables.recording import PROPERTY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from tests.ec2.operator import Operator


def prove_checks(server: Server, checks: Mapping[str, Any], record: pytest.RecordProperty) -> None:
    """Have each check of a run end as the table says that it does with this server."""
    for name in CHECKS:
        if name not in server.spared:
            said = checks[name]
            limit = server.limits.get(name)
            assert said["status"] == ("failed" if limit else "passed"), said
            assert limit is None or re.search(limit.says, said["detail"]), said
            record(PROPERTY, [server.name, name])


def prove_looks(
    server: Server, operator: Operator, record: pytest.RecordProperty, **environment: str
) -> None:
    """Have each program find a region."""
    for name, program in PROGRAMS.items():
        assert operator.ask(program, "regions", **environment)
        record(PROPERTY, [server.name, f"{name}: {LOOK}"])


def prove_lives(
    server: Server,
    operator: Operator,
    image: str,
    kind: str,
    record: pytest.RecordProperty,
    *,
    programs: Mapping[str, str] = PROGRAMS,
    **environment: str,
) -> None:
    """Have each program start two instances, see them run, reboot and end them."""
    for name, program in programs.items():
        prove_life(operator, program, image, kind, **environment)
        record(PROPERTY, [server.name, f"{name}: {LIFE}"])


def prove_life(operator: Operator, program: str, image: str, kind: str, **environment: str) -> None:
    """Have a program see all it should of two instances, from their start to their end."""
    assert operator.ask(program, "life", image, kind, **environment) == {
        "private key": True,
        "reservation": True,
        "indices": [0, 1],
        "states": ["running"],
        "kinds": [kind],
        "left": [],
    }
