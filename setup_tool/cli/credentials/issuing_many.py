"""From a login to keys and client files for many users."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool import wiring
from setup_tool.core.account import Named
from setup_tool.core.errors import DeclarationError
from setup_tool.core.key_record import KeyRecord
from setup_tool.credentials.issue_many import Batch, Bundles, Outcome, Result, in_order
from setup_tool.credentials.wishes import Refused, Wish, of_group, of_members, of_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.errors import SetupToolError
    from setup_tool.credentials.rows import Row
    from setup_tool.credentials.wishes import Selected
    from setup_tool.ports import Accounts


@dataclass(frozen=True, slots=True)
class Crowd:
    """Which users are meant: the members of a project, a group, or the rows of a file."""

    members: bool = False
    group: str | None = None
    file: str | None = None

    def __bool__(self) -> bool:
        return self.members or self.group is not None or self.file is not None

    def check(self, user: str | None, project: str | None) -> None:
        """Raise `DeclarationError` for what does not go together, before anything is asked."""
        ways = {
            "--user": user is not None,
            "--members": self.members,
            "--group": self.group is not None,
            "--from": self.file is not None,
        }
        said = [name for name, is_said in ways.items() if is_said]
        if len(said) > 1:
            raise DeclarationError(
                f"{' and '.join(said)} each say whose keys are meant. Say one of them."
            )
        if self.file is not None and project is not None:
            raise DeclarationError(
                f"--project does not go with --from: each row of {self.file} names its project."
            )
        if (self.members or self.group is not None) and project is None:
            raise DeclarationError(f"{said[0]} needs a --project that the keys are for.")


@dataclass(frozen=True, slots=True)
class ManyWanted:
    """For whom keys are wanted, and where their files go; ``record`` is kept with each key."""

    crowd: Crowd
    project: str | None
    domain: str | None
    region: str | None
    directory: str | None
    profile: str | None
    clients: tuple[str, ...]
    record: KeyRecord
    secret_in_page: bool
    new: bool
    force: bool
    yes: bool
    files: bool
    forks: int


@dataclass(slots=True)
class Tally:
    """How far a batch has come; ``stopped_by`` is why it did not come to its end."""

    total: int = 0
    counts: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    stopped_by: SetupToolError | None = None

    @property
    def done(self) -> int:
        """How many have come to an end."""
        return sum(self.counts.values())

    def __str__(self) -> str:
        counts = self.counts
        return (
            f"{self.done} of {self.total}: {counts[Result.MADE]} made now, "
            f"{counts[Result.THERE]} there already, {counts[Result.FAILED]} failed"
        )


def issue_many(
    login: CloudLogin, wanted: ManyWanted, say: Callable[[str], None], tally: Tally
) -> Iterator[Outcome]:
    """Issue keys side by side and return what became of each, in their order.

    Bad rows, projects and groups that there are not, and a cloud without a gateway are
    refused before anything is made. ``tally`` is told the total and the end; to count is the
    caller's. Raises `SetupToolError`.
    """
    rows = _rows(wanted)
    _check_labels(wanted, rows)
    with wiring.open_many(login) as many:
        say("asking Keystone who is meant")
        selected = _selected(many.accounts, wanted, rows)
        del rows
        tally.total = len(selected)
        bundles = _bundles(login, wanted) if wanted.files else None
        wishes = [each for each in selected if isinstance(each, Wish)]
        say(f"{len(selected)} keys are meant; looking up which of them there are")
        many.keys.look_up([wish.owner for wish in wishes])
        batch = Batch(many.keys, bundles, new=wanted.new)
        work = partial(_one, batch, Path(wanted.directory or ".").absolute())
        places = _with_places(selected, batch)
        for outcome in in_order(places, work, wanted.forks):
            if outcome:
                yield outcome
        tally.stopped_by = batch.stopped_by
        if batch.stopped_by is None:
            many.settle()


def _one(batch: Batch, base: Path, item: tuple[Selected, str]) -> Outcome | None:
    selected, name = item
    if isinstance(selected, Refused):
        return Outcome(selected.user, selected.project, Result.FAILED, why=selected.why)
    return batch.issue(selected, str(base / name))


def _with_places(selected: Sequence[Selected], batch: Batch) -> Iterator[tuple[Selected, str]]:
    """Return each with the name of its directory, until the batch is stopped."""
    from setup_tool.credentials.folder_names import folder_names

    names = iter(folder_names([each.owner for each in selected if isinstance(each, Wish)]))
    for each in selected:
        if batch.stopped_by:
            return
        yield each, next(names) if isinstance(each, Wish) else ""


def _rows(wanted: ManyWanted) -> tuple[Row, ...]:
    """Return the rows of the file, if one is meant."""
    from setup_tool.credentials.rows import read_rows

    name = wanted.crowd.file
    if name is None:
        return ()
    data = wiring.open_files().read(name)
    if data is None:
        raise DeclarationError(f"There is no file {name}, which --from names.")
    return read_rows(data, name, wanted.record, wiring.open_clock().now(), wanted.domain)


def _check_labels(wanted: ManyWanted, rows: Iterable[Row]) -> None:
    """Refuse --new without a label: a run that is repeated could not tell what it made."""
    if not wanted.new:
        return
    places = [row.place for row in rows if not row.record.label]
    if places or not (wanted.crowd.file or wanted.record.label):
        raise DeclarationError(
            f"{places[0] + ': ' if places else ''}--new for many users needs a --label that no "
            "earlier key has: whoever has a key with it has got theirs, so that the run can be "
            "repeated after it was cut off."
        )


def _selected(
    accounts: Accounts, wanted: ManyWanted, rows: tuple[Row, ...]
) -> tuple[Selected, ...]:
    crowd, domain = wanted.crowd, wanted.domain
    if crowd.file is not None:
        return of_rows(accounts, rows)
    project = Named(wanted.project or "", domain)
    if crowd.group is not None:
        found = of_group(accounts, Named(crowd.group, domain), project, wanted.record)
        nobody = f"Group '{crowd.group}' has no users"
    else:
        found = of_members(accounts, project, wanted.record)
        nobody = f"Nobody has a role on project '{wanted.project}'"
    if not found:
        raise DeclarationError(f"{nobody}, so there is nobody to issue keys for.")
    return found


def _bundles(login: CloudLogin, wanted: ManyWanted) -> Bundles:
    """Ask the catalogue and the gateway once what all files say."""
    from setup_tool.cli.credentials.issuing import cloud_urls, gateway_facts
    from setup_tool.credentials.clients import chosen
    from setup_tool.credentials.shelf import Shelf

    urls = cloud_urls(login, wanted.region)
    told, region_for = gateway_facts(wiring.open_web(login.ca_bundle), urls)
    shelf = Shelf(
        wiring.open_files(),
        urls,
        told,
        chosen(wanted.clients, secret_in_page=wanted.secret_in_page),
        wanted.profile,
        wanted.force,
    )
    return Bundles(shelf, region_for, yes=wanted.yes)
