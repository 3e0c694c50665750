"""The CSV file that says who gets keys."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.account import Named
from setup_tool.core.errors import DeclarationError
from setup_tool.core.key_record import KeyRecord, expiry, text

if TYPE_CHECKING:
    from _csv import Reader as Lines
    from collections.abc import Iterator, Mapping
    from datetime import datetime

REQUIRED = ("user", "project")
COLUMNS = (
    *REQUIRED,
    "domain",
    "user_domain",
    "project_domain",
    "label",
    "purpose",
    "contact",
    "expires",
)
_MOST_SAID = 20
"""So many faults of a file are named; a file that has more is another file than was meant."""


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody who gets a key, and for which project; ``place`` is where it is said."""

    user: Named
    project: Named
    record: KeyRecord
    place: str


@dataclass(frozen=True, slots=True)
class _File:
    """What is the same for all rows of a file; ``faults`` are collected."""

    name: str
    header: tuple[str, ...]
    defaults: KeyRecord
    now: datetime
    domain: str | None
    faults: list[str]


def read_rows(
    data: bytes, name: str, defaults: KeyRecord, now: datetime, domain: str | None = None
) -> tuple[Row, ...]:
    """Return the rows of a CSV file in UTF-8, with or without a byte order mark.

    The first line names the columns, in any order: those of `REQUIRED`, and any other of
    `COLUMNS`. A record takes from ``defaults`` what its row leaves empty, and a row without
    any domain is in ``domain``; a column of that name is for user and project. Lines
    without any value are passed over.

    Raises `DeclarationError` that names every fault with its file and line.
    """
    try:
        text_of_file = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DeclarationError(f"{name}:{line}: this is not UTF-8. Save it as UTF-8.") from None
    faults: list[str] = []
    lines = csv.reader(io.StringIO(text_of_file, newline=""), strict=True)
    try:
        header = _header(lines, name)
        rows = tuple(_rows(lines, _File(name, header, defaults, now, domain, faults)))
    except csv.Error as error:
        raise DeclarationError(
            f"{name}:{lines.line_num}: this is no CSV ({error}). Put a text with commas, quotes or "
            "line ends in double quotes, and double the quotes in it."
        ) from None
    if len(faults) > _MOST_SAID:
        faults[_MOST_SAID:] = [f"... and {len(faults) - _MOST_SAID} more."]
    if not faults and not rows:
        faults.append(f"{name} has no row below its header, so there is nobody to issue keys for.")
    if faults:
        raise DeclarationError("\n".join(faults))
    return rows


def _header(lines: Lines, name: str) -> tuple[str, ...]:
    """Return the names of the columns."""
    header = next((tuple(cell.strip() for cell in line) for line in lines if any(line)), ())
    unknown = [column for column in header if column not in COLUMNS]
    missing = [column for column in REQUIRED if column not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    if missing:
        raise DeclarationError(
            f"{name}:1: the header names no column {' and no '.join(missing)}. It should be as "
            "user,project or user,project,domain."
        )
    if unknown or twice:
        wrong = f"a column '{unknown[0]}'" if unknown else f"column {twice[0]} twice"
        raise DeclarationError(
            f"{name}:1: the header has {wrong}. There are {', '.join(COLUMNS)}, each once."
        )
    return header


def _rows(lines: Lines, file: _File) -> Iterator[Row]:
    seen: dict[tuple[Named, Named], str] = {}
    for line in lines:
        place = f"{file.name}:{lines.line_num}"
        cells = [cell.strip() for cell in line]
        if not any(cells):
            continue
        try:
            row = _row(cells, file, place)
        except DeclarationError as error:
            file.faults.append(str(error))
            continue
        before = seen.setdefault((row.user, row.project), place)
        if before != place:
            file.faults.append(f"{place}: this is the user and the project of {before} again.")
        yield row


def _row(cells: list[str], file: _File, place: str) -> Row:
    if len(cells) != len(file.header):
        raise DeclarationError(
            f"{place}: there are {len(cells)} values, and {len(file.header)} columns in the header."
        )
    said = {column: cell for column, cell in zip(file.header, cells, strict=True) if cell}
    for column in REQUIRED:
        if column not in said:
            raise DeclarationError(f"{place}: there is no {column}.")
    if not all(cell.isprintable() for cell in cells):
        raise DeclarationError(f"{place}: there is a control character in a value.")
    domain = said.get("domain", file.domain)
    return Row(
        Named(said["user"], said.get("user_domain", domain)),
        Named(said["project"], said.get("project_domain", domain)),
        _record(said, file, place),
        place,
    )


def _record(said: Mapping[str, str], file: _File, place: str) -> KeyRecord:
    def of(column: str) -> str | None:
        return text(said.get(column), f"{place}: {column}")

    until = expiry(said.get("expires"), f"{place}: expires", file.now)
    return KeyRecord(
        label=of("label") or file.defaults.label,
        purpose=of("purpose") or file.defaults.purpose,
        contact=of("contact") or file.defaults.contact,
        issued=file.defaults.issued,
        expires=until or file.defaults.expires,
    )
