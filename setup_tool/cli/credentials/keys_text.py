"""Keys in Keystone as a table for people, as CSV and as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from setup_tool.cli.console import coloured
from setup_tool.core.key_record import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from setup_tool.core.key_status import KeyState

_HEADINGS = ("ACCESS KEY", "USER", "PROJECT", "STATUS", "LABEL", "AGE", "EXPIRES", "CHECKED")
_DAY = 86400
_HOUR = 3600


def table(states: Sequence[KeyState], now: datetime) -> Iterator[str]:
    """Yield the keys as lines with aligned columns, none for no keys."""
    if not states:
        return
    rows = [_HEADINGS, *(_row(state, now) for state in states)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEADINGS))]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if number == 0:
            yield coloured("  ".join(cells).rstrip(), "bright_white")
            continue
        state = states[number - 1]
        if state.problems:
            cells[3] = coloured(cells[3], "yellow" if state.usable else "red")
        yield "  ".join(cells).rstrip()


def details(state: KeyState, now: datetime) -> Iterator[str]:
    """Yield all that is known of one key, its secret masked."""
    shown = document(state)
    for name, value in shown.items():
        if isinstance(value, list):
            value = ", ".join(value) or "none"  # noqa: PLW2901 - a list is shown as text
        if value is not None:
            yield f"{name.replace('_', ' ') + ':':<16} {_shown(str(value))}"
    yield f"{'age:':<16} {_age(state.key.record.issued, now) or 'unknown'}"
    yield f"{'secret:':<16} {state.key.pair.secret}"


def document(state: KeyState) -> dict[str, Any]:
    """Return a key as JSON has it, without its secret."""
    key, record = state.key, state.key.record
    return {
        "access": key.access,
        "user": state.user,
        "user_id": key.user_id,
        "user_domain": state.user_domain,
        "project": state.project,
        "project_id": key.project_id,
        "project_domain": state.project_domain,
        "usable": state.usable,
        "problems": [str(problem) for problem in state.problems],
        "delegated": key.delegated,
        "label": record.label,
        "purpose": record.purpose,
        "contact": record.contact,
        "issued": _spelled(record.issued),
        "expires": _spelled(record.expires),
        "checked": _spelled(record.checked),
        "replaces": record.replaces,
        "retires": _spelled(record.retires),
    }


def csv_text(states: Sequence[KeyState]) -> str:
    """Return the keys as CSV (RFC 4180), with a line of headings."""
    import csv
    import io

    text = io.StringIO()
    rows = [document(state) for state in states]
    writer = csv.DictWriter(text, fieldnames=_COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({**row, "problems": "; ".join(row["problems"])})
    return text.getvalue()


_COLUMNS = (
    *("access", "user", "user_id", "user_domain", "project", "project_id", "project_domain"),
    *("usable", "problems", "delegated", "label", "purpose", "contact"),
    *("issued", "expires", "checked", "replaces", "retires"),
)


def status(state: KeyState) -> str:
    """Return what is wrong with a key, in a few words."""
    if state.key.delegated and not state.problems:
        return "of a trust"
    if state.key.record.retires and not state.problems:
        return "until its deletion"
    return ", ".join(state.problems) or "ok"


def _row(state: KeyState, now: datetime) -> tuple[str, ...]:
    record = state.key.record
    return (
        state.key.access,
        _in_domain(state.user, state.user_domain),
        _in_domain(state.project, state.project_domain),
        status(state),
        record.label or "-",
        _age(record.issued, now) or "-",
        f"{record.expires:%Y-%m-%d}" if record.expires else "-",
        f"{record.checked:%Y-%m-%d}" if record.checked else "-",
    )


def _in_domain(name: str, domain: str | None) -> str:
    """Return a name as people know it; the default domain goes without saying."""
    return _shown(name if domain in {None, "Default"} else f"{name}@{domain}")


def _shown(text: str) -> str:
    """Return a text that others chose, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _age(issued: datetime | None, now: datetime) -> str | None:
    if issued is None:
        return None
    seconds = max(0, int((now - issued).total_seconds()))
    return f"{seconds // _DAY} d" if seconds >= _DAY else f"{seconds // _HOUR} h"


def _spelled(time: datetime | None) -> str | None:
    return None if time is None else spelled(time)
