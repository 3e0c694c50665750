"""Writes docs/releases.md: which release was proven how, by what the tests run.

``make docs`` runs it. A scenario is a proof on files for the release of each of its nodes; a
module of tests that a real service answered says so with the mark ``live``.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.declare.releases import SWIFT_SERIES, SWIFT_WITH_S3API, is_at_least
from setup_tool.declare.versions import release_of
from tests.scenarios.scenario import scenarios

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/releases.md"
_COMPONENTS = {"proxy": ("Swift", "swift_version"), "controller": ("nova", "nova_version")}
_NOVA = (
    ("Flamingo and later", "32", "the option is gone"),
    ("Ocata to Epoxy", "15", "refuses `ec2`"),
    ("Newton", "14", "warns of `ec2`"),
    ("Mitaka, 13.1", "13.1", "warns of `ec2`"),
    ("Mitaka, 13.0", "13.0", "ends at `ec2`"),
    ("Liberty", "12", "`nova-ec2`"),
    ("Kilo", "2015.1", "`nova-ec2`"),
    ("Juno", "2014.2", "`nova-ec2`"),
    ("Icehouse", "2014.1", "`nova-ec2`"),
    ("Havana", "2013.2", "`nova-ec2`"),
    ("Grizzly", "2013.1", "`nova-ec2`"),
)
_SWIFT = (
    ("Rocky and later", SWIFT_WITH_S3API, "`s3api`"),
    *((name, first, "`swift3`") for name, first in SWIFT_SERIES),
)
_KEYSTONE = (
    ("Queens and later", "13", "v3"),
    ("Grizzly to Pike", "2013.1", "v2.0 and v3"),
)
_HEAD = """# Releases

Written by `make docs` from the tests. *Live*: a real service of that version answered to
setup-tool in a test. *On files*: so many scenarios, each with its expected values written by
hand, have a node of that release; what is planned for it is read back by PasteDeploy or
oslo.config. All of them are run by `make test` and `make test-nodes`, which skip none. A row
without a live proof was never seen running.
"""


def page() -> str:
    """Return the page."""
    return "\n".join(
        [
            _HEAD,
            _table("Keystone", "answers", _KEYSTONE),
            _table("Swift", "role", _SWIFT),
            _table("nova", "EC2", _NOVA),
        ]
    )


def live_marks() -> Iterator[tuple[Path, str]]:
    """Yield the files of tests with what their mark ``live`` names, as ``Swift 2.30.1``."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.live":
                for said in node.args:
                    yield path, ast.literal_eval(said)


def on_files() -> Counter[tuple[str, str]]:
    """Return how many scenarios there are for each component and version."""
    found: Counter[tuple[str, str]] = Counter()
    for scenario in scenarios():
        seen = set()
        for machine in scenario.cloud.machines.values():
            component, variable = _COMPONENTS[machine.group]
            said = machine.variables.get(variable) or machine.package
            version = release_of(str(said)) if said else None
            if version is not None:
                seen.add((component, version))
        found.update(seen)
    return found


def _table(component: str, what: str, rows: Sequence[tuple[str, str, str]]) -> str:
    live, files = _by_row(rows, component, live_versions()), _by_row(rows, component, on_files())
    lines = [
        f"| {component} | from | {what} | proven live | on files |",
        "|---|---|---|---|---|",
    ]
    for name, first, word in reversed(rows):
        versions = ", ".join(sorted(live[name], key=_numbers)) or "no"
        count = sum(files[name].values())
        lines.append(f"| {name} | {first} | {word} | {versions} | {count or '-'} |")
    return f"## {component}\n\n" + "\n".join(lines) + "\n"


def live_versions() -> Counter[tuple[str, str]]:
    """Return in how many files of tests each component's version answered."""
    pairs = (said.partition(" ") for _, said in live_marks())
    return Counter((component, version) for component, _, version in pairs)


def _by_row(
    rows: Sequence[tuple[str, str, str]], component: str, found: Counter[tuple[str, str]]
) -> dict[str, Counter[str]]:
    sorted_in: dict[str, Counter[str]] = {name: Counter() for name, _, _ in rows}
    for (one, version), count in found.items():
        if one == component:
            name = next((n for n, first, _ in rows if is_at_least(version, first)), None)
            if name is not None:
                sorted_in[name][version] += count
    return sorted_in


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    PAGE.write_text(page())
