"""What `credentials issue` prints: results on stdout as they come, progress on stderr."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from setup_tool import wiring
from setup_tool.cli.console import Progress, print_json
from setup_tool.cli.failure import INTERRUPTED
from setup_tool.cli.options import Format
from setup_tool.core.errors import worst_status
from setup_tool.credentials.issue_many import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.cli.credentials.issuing import Bundle
    from setup_tool.cli.credentials.issuing_many import ManyWanted, Tally
    from setup_tool.credentials.issue import Issued

_BEGINNING = '{"results": [\n'
EVERY_SECONDS = 2.0
"""How often the progress of many keys is told."""


def show_key(issued: Issued, output: Format) -> None:
    """Print a key without files."""
    notes = [issued.note] if issued.note else []
    if output is Format.JSON:
        print_json({**_document(issued), "notes": notes})
        return
    _echo(issued, notes)


def show_bundle(bundle: Bundle, output: Format) -> None:
    """Print a key and the files that were written for it."""
    issued = bundle.issued
    notes = [issued.note] if issued.note else []
    notes += [note for file in bundle.files for note in file.notes]
    if output is Format.JSON:
        print_json(
            {
                **_document(issued),
                "s3_url": bundle.urls.s3,
                "region": bundle.urls.region,
                "directory": str(bundle.directory),
                "files": [{"path": f.path, "changed": f.changed} for f in bundle.files],
                "notes": notes,
            }
        )
        return
    files = [
        f"  {bundle.directory / file.path} ({'written' if file.changed else 'unchanged'})"
        for file in bundle.files
    ]
    _echo(issued, notes, files)


def _document(issued: Issued) -> dict[str, Any]:
    owner = issued.credential.owner
    return {
        "user": owner.user,
        "project": owner.project,
        "access": issued.credential.pair.access,
        "created": issued.created,
    }


def _echo(issued: Issued, notes: list[str], files: list[str] | None = None) -> None:
    owner, access = issued.credential.owner, issued.credential.pair.access
    made = "made now" if issued.created else "there already"
    typer.echo(f"{owner.user} in project {owner.project}: access key {access} ({made})")
    for line in files or ():
        typer.echo(line)
    for note in notes:
        typer.echo(f"note: {note}")


def show_many(login: CloudLogin, wanted: ManyWanted, output: Format) -> int:
    """Issue keys for many and print each as soon as it is its turn; return the exit status."""
    from setup_tool.cli.credentials.issuing_many import Tally, issue_many

    progress, tally, clock = Progress(), Tally(), wiring.open_clock()
    printer = _JsonLines() if output is Format.JSON else _TextLines(progress)
    told = clock.monotonic()
    try:
        for outcome in issue_many(login, wanted, progress.say, tally):
            with _uninterrupted():
                tally.counts[outcome.result] += 1
                printer.line(outcome)
            if clock.monotonic() - told >= EVERY_SECONDS:
                told = clock.monotonic()
                progress.say(str(tally))
    except KeyboardInterrupt:
        progress.say(f"interrupted; the same command goes on from here. {tally}")
        printer.end(tally, INTERRUPTED)
        raise SystemExit(INTERRUPTED) from None  # our document is whole and must stay the only one
    status = _status(tally)
    progress.say(str(tally))
    if tally.stopped_by:
        progress.say(_stopped(tally))
    printer.end(tally, status)
    return status


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until a result is printed and counted."""
    waiting: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt


def _status(tally: Tally) -> int:
    statuses = {1} if tally.counts[Result.FAILED] else {0}
    if tally.stopped_by:
        statuses.add(tally.stopped_by.exit_status)
    return worst_status(statuses)


def _stopped(tally: Tally) -> str:
    left = tally.total - tally.done
    begun = f"; {left} were not begun" if left else ""
    return f"stopped: {tally.stopped_by} The same command goes on from here{begun}."


class _TextLines:
    """A line for each on stdout; notes on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def line(self, outcome: Outcome) -> None:
        who = f"{outcome.user} in project {outcome.project}"
        if outcome.result is Result.FAILED:
            why = (outcome.why or "").replace("\n", " ")
            typer.echo(f"{who}: no key: {why}")
        else:
            typer.echo(f"{who}: access key {outcome.access} ({outcome.result})")
        for note in outcome.notes:
            self._progress.say(f"note: {note}")

    def end(self, tally: Tally, status: int) -> None:
        del tally, status


class _JsonLines:
    """One document, printed piece by piece so that it never lies in memory whole."""

    def __init__(self) -> None:
        self._begun = False

    def line(self, outcome: Outcome) -> None:
        record = {
            "user": outcome.user,
            "project": outcome.project,
            "access": outcome.access,
            "created": outcome.result is Result.MADE,
            "failed": outcome.why,
            "directory": outcome.directory,
            "notes": list(outcome.notes),
        }
        before = ",\n" if self._begun else _BEGINNING
        typer.echo(f"{before}  {json.dumps(record, ensure_ascii=False)}", nl=False)
        self._begun = True

    def end(self, tally: Tally, status: int) -> None:
        rest = {
            "made": tally.counts[Result.MADE],
            "there": tally.counts[Result.THERE],
            "failed": tally.counts[Result.FAILED],
            "not_begun": tally.total - tally.done,
            "stopped_by": str(tally.stopped_by) if tally.stopped_by else None,
            "exit_status": status,
        }
        before = "" if self._begun else _BEGINNING
        typer.echo(f"{before}\n], {json.dumps(rest, ensure_ascii=False)[1:]}")
