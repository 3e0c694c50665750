"""Writes docs/clients-tested.md: what each client was seen to do, section by section.

A section is written by the run whose tests all passed, from the tests that did.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients.client import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tests.clients.client import Client

    Cell = tuple[str, ...]
    """Client, version, scheme, operation."""

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/clients-tested.md"
VERSION = "version"
"""The operation that says whether a client is what the table calls it; it has no column."""

_PASSED = "passed"
_HEAD = """# Clients that were tried

Each client below did these things with the files that `setup-tool credentials issue` had just
written, and nothing else to tell it of the cloud. The tables are written by the runs themselves,
`make test-clients` and `make test-nodes`, from tests that passed; a number says why something
cannot be done, which the tests see as well. Whatever a client did was looked at through Swift's
own API. With https the certificate is signed by an authority that only the bundle names.

A dash is what a client does not know; what is empty it was not asked for.

*multipart*: 17 MiB, put in parts and got with the same bytes. *odd names*: blanks, `+`, `&`, `%`,
letters of several alphabets.
"""
_UNTRIED_TITLE = "UNTESTED"
_UNTRIED = {
    "AWS CLI 2 from Amazon": "Amazon's installer only; Debian's build of it is above",
    "euca2ools": "neither PyPI nor Debian 12 has it; the library it is made of reads its file",
    "mc (MinIO Client)": "neither PyPI, npm nor Debian 12 has the program",
    "Terraform, OpenTofu": "neither PyPI, npm nor Debian 12 has them and their provider `aws`",
    "Cyberduck, its command line duck": "a program for desktops, from its makers only",
    "Hybridfox, ElasticFox": "for versions of Firefox that are no more",
    "CloudBerry Explorer (MSP360)": "for Windows, from its makers only",
    "RightAws (Ruby)": "Debian 12 does not have it",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its heading, what the clients were run against, and what was asked of them."""

    title: str
    text: str
    clients: Sequence[Client]
    operations: Sequence[str]

    @property
    def cells(self) -> set[Cell]:
        """What has to be seen before the table may be written."""
        return {
            (client.name, client.version, scheme, operation)
            for operation in (VERSION, *self.operations)
            for client, scheme in self.asked(operation)
        }

    def asked(self, operation: str) -> list[tuple[Client, str]]:
        """Return the clients that are asked to do this, with each scheme."""
        if operation not in {VERSION, *self.operations}:
            return []
        return [
            (client, scheme)
            for client in self.clients
            if operation not in client.lacks | client.spared
            for scheme in (SCHEMES[:1] if operation == VERSION else SCHEMES)
        ]

    def written(self, passed: Collection[Cell]) -> str:
        """Return the section. Raises KeyError for what did not pass."""
        notes: list[str] = []
        rows = list(self._rows(passed, notes))
        columns = ["client", "version", "told by", "scheme", *self.operations]
        lines = [_row(columns), "|" + "---|" * len(columns), *rows]
        lines += ["", *(f"{number}. {note}" for number, note in enumerate(notes, start=1))]
        return "\n".join([f"## {self.title}", "", self.text, "", *lines]).rstrip() + "\n"

    def _rows(self, passed: Collection[Cell], notes: list[str]) -> Iterator[str]:
        for client in self.clients:
            for scheme in SCHEMES:
                said = [
                    self._said(client, scheme, operation, passed, notes)
                    for operation in self.operations
                ]
                yield _row([client.name, client.version, client.told_by, scheme, *said])

    def _said(
        self,
        client: Client,
        scheme: str,
        operation: str,
        passed: Collection[Cell],
        notes: list[str],
    ) -> str:
        if operation in client.lacks | client.spared:
            return "-" if operation in client.lacks else ""
        cell = (client.name, client.version, scheme, operation)
        if cell not in passed:
            raise KeyError(cell)
        limit = client.limit(operation, scheme)
        if limit is None:
            return _PASSED
        note = f"{client.name}: {limit.why}"
        if note not in notes:
            notes.append(note)
        return f"no ({notes.index(note) + 1})"


def write(sections: Sequence[Section], passed: Collection[Cell]) -> bool:
    """Write sections into the page; tell whether it says something else than before."""
    before = PAGE.read_text() if PAGE.exists() else ""
    tables = parts(before) | {each.title: each.written(passed) for each in sections}
    after = assembled(tables)
    if after != before:
        PAGE.write_text(after)
    return after != before


def parts(text: str) -> dict[str, str]:
    """Return the tables of a page by their titles."""
    found = [f"## {part}" for part in text.split("\n## ")[1:]]
    titled = {part.splitlines()[0].removeprefix("## "): part.rstrip() + "\n" for part in found}
    titled.pop(_UNTRIED_TITLE, None)
    return titled


def assembled(sections: dict[str, str]) -> str:
    """Return the page with these tables."""
    rows = [_row([name, why]) for name, why in _UNTRIED.items()]
    untried = "\n".join(
        [f"## {_UNTRIED_TITLE}", "", _row(["client", "why"]), "|---|---|", *rows, ""]
    )
    return "\n".join([_HEAD, *(sections[title] for title in sorted(sections)), untried])


def _row(words: Sequence[str]) -> str:
    return "|" + "".join(f" {word} |" if word else " |" for word in words)
