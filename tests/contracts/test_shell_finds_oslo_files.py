"""Every `Shell` tells which files a service with oslo.config reads, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.facts import FileFact
from setup_tool.core.oslo_files import OsloFilesFact, ReadOsloFiles
from setup_tool.core.queries import ReadFile
from tests.contracts.changes import snapshot
from tests.node.places import Place, free_port, little_service

if TYPE_CHECKING:
    from pathlib import Path

    from setup_tool.core.facts import NodeFacts

PROGRAM = "little_service.py"


def observed(place: Place, port: int, *files: ReadFile) -> tuple[OsloFilesFact, NodeFacts]:
    query = ReadOsloFiles("little", "little", ports=(free_port(), port))
    shell = place.shell()
    facts = shell.observe([*files, query])
    shell.close()
    fact = facts[query]
    assert isinstance(fact, OsloFilesFact)
    return fact, facts


def says(facts: NodeFacts, path: Path) -> bytes | None:
    fact = facts[ReadFile(str(path))]
    assert isinstance(fact, FileFact)
    return fact.content and fact.content.reveal()


def test_files_of_the_command_line_are_read_in_its_order_and_directories_sorted(
    place: Place,
) -> None:
    home = place.home.resolve()
    main, last, folder = home / "main.conf", home / "last.conf", home / "conf.d"
    folder.mkdir()
    inner = [folder / name for name in ("10-b.conf", "9-a.conf", "Z.conf", "a b.conf")]
    for path in (main, last, *inner, folder / "no.txt", folder / ".hidden.conf"):
        path.write_text(f"[DEFAULT]\nname = {path.name}\n")
    told = f"--config-file={main} --config-dir {folder} --config-file conf.d/../last.conf"
    with little_service(place.home, "fine", f"--verbose {told}") as service:
        before = snapshot(place.home)
        fact, facts = observed(place, service.port, ReadFile(str(main)))
        assert snapshot(place.home) == before
    assert fact.program == PROGRAM
    assert fact.told[:-1] == tuple(map(str, (main, *inner)))
    assert fact.told[-1].endswith("/conf.d/../last.conf")
    assert (fact.told_files, fact.told_dirs) == (True, True)
    assert (fact.found, fact.found_in_dirs, fact.unit) == ((), (), None)
    for path in (main, *inner):
        assert says(facts, path) == path.read_bytes()


def test_without_a_word_of_them_files_are_found_as_oslo_config_finds_them(place: Place) -> None:
    own = place.home / ".little"
    (own / "little.conf.d").mkdir(parents=True)
    for name in ("little.conf", "little.conf.d/2.conf", "little.conf.d/1.conf"):
        (own / name).write_text("[DEFAULT]\n")
    (place.home / "little.conf").write_text("[DEFAULT]\n")
    (place.home / f"{PROGRAM}.conf").write_text("[DEFAULT]\nlast = yes\n")
    with little_service(place.home, "fine") as service:
        fact, facts = observed(place, service.port)
    assert fact.told == ()
    assert (fact.told_files, fact.told_dirs) == (False, False)
    assert fact.found == (str(own / "little.conf"), str(place.home / f"{PROGRAM}.conf"))
    assert fact.found_in_dirs == tuple(str(own / f"little.conf.d/{n}.conf") for n in (1, 2))
    assert says(facts, place.home / f"{PROGRAM}.conf") == b"[DEFAULT]\nlast = yes\n"


def test_a_file_that_the_command_line_names_and_nobody_made_is_told_as_absent(place: Place) -> None:
    gone = place.home / "gone.conf"
    with little_service(place.home, "fine", f"--config-file {gone}") as service:
        fact, facts = observed(place, service.port)
    assert fact.told == (str(gone),)
    assert says(facts, gone) is None


def test_nothing_is_told_of_a_service_that_does_not_run(place: Place) -> None:
    assert observed(place, free_port())[0] == OsloFilesFact()
