"""docs/clients-tested.md: what each client was seen to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.clients.client import SCHEMES
from tests.tables.page import PASSED, ROOT, Notes, Page, row, rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tests.clients.client import Client
    from tests.tables.page import Cell

VERSION = "version"
"""The operation that says whether a client is what the table calls it; it has no column."""

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
        """Return the section. Raises KeyError for what did not pass.

        A cell is client, version, scheme, operation.
        """
        notes = Notes()
        rows = list(self._rows(passed, notes))
        columns = ["client", "version", "told by", "scheme", *self.operations]
        lines = [row(columns), rule(len(columns)), *rows, "", *notes.lines]
        return "\n".join([f"## {self.title}", "", self.text, "", *lines]).rstrip() + "\n"

    def _rows(self, passed: Collection[Cell], notes: Notes) -> Iterator[str]:
        for client in self.clients:
            for scheme in SCHEMES:
                said = [
                    self._said(client, scheme, operation, passed, notes)
                    for operation in self.operations
                ]
                yield row([client.name, client.version, client.told_by, scheme, *said])

    def _said(
        self,
        client: Client,
        scheme: str,
        operation: str,
        passed: Collection[Cell],
        notes: Notes,
    ) -> str:
        if operation in client.lacks | client.spared:
            return "-" if operation in client.lacks else ""
        cell = (client.name, client.version, scheme, operation)
        if cell not in passed:
            raise KeyError(cell)
        limit = client.limit(operation, scheme)
        return PASSED if limit is None else notes.refer(f"{client.name}: {limit.why}")


def _untried() -> str:
    rows = [row([name, why]) for name, why in _UNTRIED.items()]
    return "\n".join(["## UNTESTED", "", row(["client", "why"]), rule(2), *rows, ""])


PAGE = Page(ROOT / "docs/clients-tested.md", _HEAD, _untried())
