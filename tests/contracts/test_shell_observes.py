"""What every `Shell` answers."""

from __future__ import annotations

import os
from pathlib import Path

from setup_tool.core.content import Content
from setup_tool.core.facts import (
    FileFact,
    HttpFact,
    PackageFact,
    RunsFact,
    ServiceFact,
    StampFact,
    SystemFact,
)
from setup_tool.core.queries import (
    FetchHttp,
    ReadFile,
    ReadPackage,
    ReadRuns,
    ReadService,
    ReadStamp,
    ReadSystem,
)
from setup_tool.core.transaction import (
    Ending,
    StampService,
    Transaction,
)
from tests.contracts.changes import STATE, change, digest, snapshot
from tests.node.places import (
    Heard,
    Place,
    free_port,
    little_service,
)


def test_a_node_answers_every_kind_of_question_at_once(place: Place) -> None:
    binary = bytes(range(256)) * 40
    (place.home / "binary").write_bytes(binary)
    (place.home / "link").symlink_to("binary")
    (place.home / "folder").mkdir()
    with little_service(place.home, "fine") as service:
        control = service.control()
        shell = place.shell()
        stamping = Transaction("first", STATE, (StampService(control),))
        assert shell.commit(stamping, Heard()).ending is Ending.DONE
        queries = (
            ReadSystem(STATE),
            ReadFile("~/binary"),
            ReadFile("~/link"),
            ReadFile("~/folder"),
            ReadFile("~/absent/file"),
            ReadService("little", port=service.port),
            ReadService("nobody", port=free_port()),
            ReadStamp("little", STATE),
            ReadRuns(STATE),
            ReadPackage(("no-such-package-here",)),
            FetchHttp(f"{service.url}/healthcheck"),
            FetchHttp(f"http://127.0.0.1:{free_port()}/", timeout=2),
        )
        facts = shell.observe(queries)
        shell.close()
        system, real, link, folder, absent, runs, nobody, stamp, unended, package, well, dead = (
            facts[query] for query in queries
        )
    assert isinstance(system, SystemFact)
    assert (system.uid, system.home, system.missing) == (os.getuid(), str(place.home), ())
    assert system.state_problem is None
    assert isinstance(real, FileFact)
    assert real.content == Content(binary)
    assert real.changed_at == int((place.home / "binary").stat().st_ctime)
    assert isinstance(link, FileFact)
    assert (link.path, link.content) == (str(place.home.resolve() / "binary"), Content(binary))
    assert isinstance(folder, FileFact)
    assert (folder.content, folder.problem) == (None, "it is a directory")
    assert absent == FileFact(str(place.home / "absent/file"))
    assert isinstance(runs, ServiceFact)
    assert runs.running
    assert nobody == ServiceFact(running=False)
    expected = {"~/service.conf": digest(b"fine")}
    assert stamp == StampFact(runs.instance, expected)
    assert unended == RunsFact({})
    assert package == PackageFact()
    assert well == HttpFact(200, b"OK")
    assert isinstance(dead, HttpFact)
    assert dead.status is None
    assert dead.problem


def test_a_file_in_a_checkout_is_told_from_one_that_etckeeper_follows(place: Place) -> None:
    for name in ("etc/swift", "config/.git", "config/swift", "kept/.git", "svn/.svn"):
        (place.home / name).mkdir(parents=True)
    (place.home / "kept/.etckeeper").touch()
    for name in ("config/swift/own", "kept/own", "svn/own", "etc/swift/own"):
        (place.home / name).write_text("text")
    (place.home / "etc/swift/link").symlink_to("../../config/swift/own")
    asked = {
        "~/etc/swift/link": str(place.home.resolve() / "config"),
        "~/config/swift/own": str(place.home.resolve() / "config"),
        "~/svn/own": str(place.home.resolve() / "svn"),
        "~/kept/own": None,
        "~/etc/swift/own": None,
    }
    shell = place.shell()
    facts = shell.observe([ReadFile(path) for path in asked])
    shell.close()
    for path, checkout in asked.items():
        fact = facts[ReadFile(path)]
        assert isinstance(fact, FileFact)
        assert fact.checkout == checkout, path


def test_three_megabytes_come_back_whole(place: Place) -> None:
    data = os.urandom(3 * 1024 * 1024)
    (place.home / "large").write_bytes(data)
    shell = place.shell()
    fact = shell.observe([ReadFile("~/large")])[ReadFile("~/large")]
    shell.close()
    assert isinstance(fact, FileFact)
    assert fact.content == Content(data)


def test_the_start_of_a_service_is_told_to_the_second(near: Place) -> None:
    with little_service(near.home, "fine") as service:
        query = ReadService("little", port=service.port)
        fact = near.shell().observe([query])[query]
        [pid] = service.pids()
        started = Path(f"/proc/{pid}").stat().st_ctime
    assert isinstance(fact, ServiceFact)
    assert fact.started_at is not None
    assert abs(fact.started_at - started) < 2
    assert fact.unit is None


def test_observing_changes_nothing_on_the_node(place: Place) -> None:
    (place.home / "tmp").mkdir()
    with little_service(place.home, "fine") as service:
        shell = place.shell()
        shell.commit(change(service, "first", b"fine", b"finer"), Heard())
        before = snapshot(place.home)
        shell.observe(
            [
                ReadSystem(STATE),
                ReadFile("~/service.conf"),
                ReadFile("~/absent"),
                ReadService("little", port=service.port),
                ReadStamp("little", STATE),
                ReadRuns(STATE),
                ReadPackage(("python3",)),
                FetchHttp(f"{service.url}/conf"),
            ]
        )
        assert snapshot(place.home) == before
        shell.close()


def test_a_node_without_a_state_directory_gets_none_from_being_observed(near: Place) -> None:
    near.shell().observe([ReadSystem(STATE), ReadRuns(STATE), ReadStamp("little", STATE)])
    assert not near.state.exists()
