"""Check results as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.cli.console import coloured
from setup_tool.verify.report import HEADINGS, counts, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from setup_tool.verify.result import CheckResult

_COLOURS = {"passed": "green", "failed": "red", "not run": "red", "skipped": "yellow"}


def check_lines(results: Sequence[CheckResult]) -> Iterator[str]:
    """Yield a table, details below the checks they belong to, and the counts."""
    rows = table_rows(results)
    columns = len(HEADINGS) - 1
    widths = [max(len(row[at]) for row in (HEADINGS, *rows)) for at in range(columns)]
    yield "  ".join(h.ljust(w) for h, w in zip(HEADINGS, widths, strict=False)).rstrip()
    for row, after in zip(rows, [*rows[1:], None], strict=True):
        status = coloured(row[0].ljust(widths[0]), _COLOURS[row[0]])
        cells = [cell.ljust(w) for cell, w in zip(row[1:columns], widths[1:], strict=True)]
        yield "  ".join([status, *cells]).rstrip()
        shared = after is not None and (row[0], row[columns]) == (after[0], after[columns])
        if row[0] != "passed" and not shared:
            yield from (f"    {line}" for line in row[columns].splitlines())
    said = [f"{count} {status}" for status, count in counts(results).items() if count]
    yield ", ".join(said) or "no checks"
