"""What goes back where: from what a node's journal tells, and nothing else."""

from __future__ import annotations

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.history import HistoryFact, PastFile, PastRun
from setup_tool.core.plan import Stage
from setup_tool.declare.undo import Back, Undone, chosen_run, run_of, undone

ONE, TWO, THREE = "20261121T100000-aaaaaa", "20261121T110000-bbbbbb", "20261121T120000-cccccc"
PATH = "/etc/swift/proxy-server.conf"


def file(
    before: str | None,
    after: str | None,
    now: str | None,
    *,
    path: str = PATH,
    index: int = 0,
    written: bool = True,
    kept: bool | None = None,
) -> PastFile:
    copy = before is not None if kept is None else kept
    return PastFile(index, path, path, before, after, now, written=written, kept=copy)


def past(
    run: str,
    *files: PastFile,
    ending: str | None = "done",
    at: int = 0,
    stage: str = "proxies",
    command: str | None = "apply",
) -> PastRun:
    wrote = any(each.written for each in files)
    return PastRun(f"{run}-1-{stage}", command, ending, at, files, wrote)


def history(*runs: PastRun) -> HistoryFact:
    return HistoryFact(runs)


def back(before: str | None, now: str | None, *runs: str, index: int = 0) -> Back:
    return Back(PATH, Stage.PROXIES, f"{runs[0]}-1-proxies", index, before, now, runs)


def test_the_last_run_is_undone_from_its_own_copy() -> None:
    found = undone("p", history(past(ONE, file("a", "b", "b"))), ONE)
    assert found == Undone((back("a", "b", ONE),))


def test_later_runs_on_the_same_file_are_undone_with_it() -> None:
    runs = history(past(ONE, file("a", "b", "c")), past(TWO, file("b", "c", "c")))
    assert undone("p", runs, ONE) == Undone((back("a", "c", ONE, TWO),))
    assert undone("p", runs, TWO) == Undone((back("b", "c", TWO),))


def test_the_node_is_as_it_once_was_so_later_runs_on_other_files_are_undone_too() -> None:
    other = file("x", "y", "y", path="/etc/other", index=1)
    runs = history(past(ONE, file("a", "b", "b")), past(TWO, other))
    found = undone("p", runs, ONE)
    assert [each.path for each in found.files] == [PATH, "/etc/other"]
    assert found.files[1].transaction == f"{TWO}-1-proxies"


def test_a_node_that_a_run_did_not_touch_goes_back_to_the_same_time() -> None:
    runs = history(past(ONE, file("a", "b", "c")), past(THREE, file("b", "c", "c")))
    assert undone("p", runs, TWO) == Undone((back("b", "c", THREE),))


def test_what_is_as_before_already_needs_nothing() -> None:
    runs = history(past(ONE, file("a", "b", "a")), past(TWO, file("b", "a", "a")))
    assert undone("p", runs, ONE) == Undone()


def test_a_rollback_is_a_run_that_is_undone_like_any_other() -> None:
    runs = history(
        past(ONE, file("a", "b", "a")), past(TWO, file("b", "a", "a"), command="rollback")
    )
    assert undone("p", runs, TWO) == Undone((back("b", "a", TWO),))


def test_a_file_that_a_run_made_goes_away_and_one_it_removed_comes_back() -> None:
    assert undone("p", history(past(ONE, file(None, "b", "b"))), ONE).files[0].before is None
    gone = undone("p", history(past(ONE, file("a", None, None))), ONE)
    assert gone == Undone((back("a", None, ONE),))


@pytest.mark.parametrize(
    "runs",
    [
        history(past(ONE, file("a", "b", "edited"))),
        history(past(ONE, file("a", "b", None))),
        history(past(ONE, file(None, "b", "edited"))),
        history(past(ONE, file("a", "b", "c")), past(TWO, file("edited", "c", "c"))),
    ],
)
def test_a_file_that_somebody_else_changed_is_named_with_the_node_and_the_run(
    runs: HistoryFact,
) -> None:
    found = undone("p", runs, ONE)
    assert found.changed == (f"p: {PATH} was changed by somebody else after run {ONE} wrote it.",)
    assert len(found.files) == 1, "it can be brought back all the same, when that is wanted"


@pytest.mark.parametrize("ending", ["restored", "stale", "locked"])
def test_a_run_that_left_everything_as_it_was_has_nothing_to_undo(ending: str) -> None:
    runs = history(past(ONE, file("a", "b", "edited"), ending=ending))
    assert undone("p", runs, ONE) == Undone()


@pytest.mark.parametrize("ending", ["failed", "settled", None])
@pytest.mark.parametrize(
    ("written", "now", "made"),
    [
        (True, "b", True),  # the new file stayed
        (True, "a", False),  # it was put back
        (False, "b", True),  # it died between the rename and its note
        (False, "a", False),
        (False, "edited", False),
    ],
)
def test_what_a_failed_or_killed_run_left_is_told_by_the_digest_that_followed(
    *, ending: str | None, written: bool, now: str, made: bool
) -> None:
    runs = history(past(ONE, file("a", "b", now, written=written), ending=ending))
    assert undone("p", runs, ONE) == (Undone((back("a", "b", ONE),)) if made else Undone())


def test_a_killed_run_whose_file_the_next_run_saw_is_undone_with_it() -> None:
    runs = history(
        past(ONE, file("a", "b", "c", written=False), ending="settled"),
        past(TWO, file("b", "c", "c")),
    )
    assert undone("p", runs, ONE) == Undone((back("a", "c", ONE, TWO),))


def test_a_copy_that_is_gone_cannot_be_brought_back() -> None:
    found = undone("p", history(past(ONE, file("a", "b", "b", kept=False))), ONE)
    assert found.impossible == (
        f"p: the copy of {PATH} that run {ONE} kept is gone, so the file cannot be brought back.",
    )


def test_a_run_of_an_older_version_is_refused_with_where_its_copies_are() -> None:
    older = PastRun(f"{ONE}-1-proxies", None, "done", 0, (), wrote=True)
    (sentence,) = undone("p", history(older), ONE).impossible
    assert f"runs/{ONE}-1-proxies/backup" in sentence
    assert undone("p", history(older, past(TWO, file("a", "b", "b"))), TWO).impossible == ()


def test_a_run_before_the_first_that_a_full_journal_knows_is_refused() -> None:
    names = [f"20261122T1000{number:02}-dddddd" for number in range(20)]
    full = history(*(past(name) for name in names))
    (sentence,) = undone("p", full, ONE).impossible
    assert f"goes back to run {names[0]} only" in sentence
    assert undone("p", full, names[0]).impossible == ()
    assert undone("p", history(*(past(name) for name in names[1:])), ONE).impossible == ()


def test_a_file_is_brought_back_in_the_stage_in_which_it_was_written() -> None:
    runs = history(past(ONE, file("a", "b", "b"), stage="controllers"))
    assert undone("c", runs, ONE).files[0].stage is Stage.CONTROLLERS


def test_without_a_run_the_last_one_that_changed_files_is_meant() -> None:
    histories = {
        "p": history(past(ONE, file("a", "b", "b")), past(THREE)),
        "q": history(
            past(TWO, file("a", "b", "b")), past(THREE, file("b", "c", "b"), ending="restored")
        ),
    }
    assert chosen_run(histories, None) == TWO
    assert chosen_run({"p": history(past(ONE))}, None) is None
    assert chosen_run({}, None) is None


def test_a_run_may_be_named_as_on_the_node() -> None:
    histories = {"p": history(past(ONE, file("a", "b", "b")))}
    assert chosen_run(histories, f"{ONE}-2-proxies") == ONE
    assert run_of("by-hand") == "by-hand"


def test_a_run_that_nobody_knows_is_answered_with_those_there_are() -> None:
    histories = {"p": history(past(ONE), past(TWO))}
    with pytest.raises(DeclarationError) as refusal:
        chosen_run(histories, TWO.replace("b", "c"))
    assert str(refusal.value).endswith(f"Did you mean {TWO}? They know {TWO}, {ONE}.")
    with pytest.raises(DeclarationError, match="They know none"):
        chosen_run({"p": history()}, ONE)
