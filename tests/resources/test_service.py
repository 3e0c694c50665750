"""Law 4: a restart is a state, not an event."""

from __future__ import annotations

from dataclasses import replace

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import PLANNED, FileFact, HttpFact, ServiceFact, StampFact
from setup_tool.core.plan import Action, Change, Stage
from setup_tool.core.queries import FetchHttp, ReadFile, ReadService, ReadStamp
from setup_tool.core.transaction import BounceService, ServiceControl, StampService
from setup_tool.resources.service import Service

PATH, OTHER = "/etc/swift/proxy-server.conf", "/etc/swift/swift.conf"
URL = "http://127.0.0.1:8080/healthcheck"
CONTROL = ServiceControl("swift-proxy", (PATH,), URL, port=8080, health_statuses=(200, 401))
UNITS = ("swift-proxy", "openstack-swift-proxy")
PROXY = Service("proxy1", Stage.PROXIES, CONTROL, UNITS, "/var/lib/setup-tool")
NOW = Content(b"as it is")
RUNNING = ServiceFact(running=True, instance="first", started_at=2000, unit="swift-proxy")
STOPPED = ServiceFact(running=False, unit="swift-proxy")


def diff(
    service: ServiceFact = RUNNING,
    stamp: StampFact = StampFact(),  # noqa: B008 - frozen
    status: int | None = 200,
    changed_at: int = 1000,
    resource: Service = PROXY,
) -> Change | None:
    asked = resource.queries()
    health = HttpFact(status, problem=None if status else "timed out")
    answers = {
        ReadService("swift-proxy", UNITS, 8080): service,
        ReadStamp("swift-proxy", "/var/lib/setup-tool"): stamp,
        FetchHttp(URL): health,
        ReadFile(PATH): FileFact(PATH, NOW, changed_at=changed_at),
        ReadFile(OTHER): FileFact(OTHER, NOW, changed_at=changed_at),
    }
    change = resource.diff({query: answers[query] for query in asked})
    assert resource.notes(answers) == ()
    return change


def stamped(instance: str, content: Content | bytes = NOW, path: str = PATH) -> StampFact:
    known = content if isinstance(content, Content) else Content(content)
    return StampFact(instance, {path: known.digest})


@pytest.mark.parametrize(
    ("stamp", "started_at", "changed_at", "fresh"),
    [
        # no stamp: the times decide, a tie calls for a restart
        (StampFact(), 2000, 1999, True),
        (StampFact(), 2000, 2000, False),
        (StampFact(), 2000, 2001, False),
        (StampFact(), None, 1000, False),
        # a stamp of this instance: the digests decide
        (stamped("first"), 2000, 3000, True),
        (stamped("first"), None, 3000, True),
        (stamped("first", b"another"), 2000, 1000, False),
        # a stamp that says nothing of this instance, or of this file: the times decide
        (stamped("earlier"), 2000, 1000, True),
        (stamped("earlier"), 2000, 3000, False),
        (stamped("earlier", b"another"), 2000, 1000, True),
        (stamped("first", path=OTHER), 2000, 1000, True),
        (stamped("first", path=OTHER), 2000, 3000, False),
    ],
)
def test_a_service_is_fresh_when_its_instance_is_known_to_have_read_the_file(
    stamp: StampFact, started_at: int | None, changed_at: int, *, fresh: bool
) -> None:
    change = diff(replace(RUNNING, started_at=started_at), stamp, changed_at=changed_at)
    assert (change is None) is fresh


def test_a_process_without_an_instance_to_tell_it_by_is_judged_by_times() -> None:
    unknown = replace(RUNNING, instance=None)
    assert diff(unknown, StampFact()) is None
    assert diff(unknown, StampFact(), changed_at=2000) is not None


def test_every_file_that_a_service_reads_counts() -> None:
    both = replace(PROXY, control=replace(CONTROL, reads=(PATH, OTHER)))
    read_both = StampFact("first", {PATH: NOW.digest, OTHER: NOW.digest})
    read_one = StampFact("first", {PATH: NOW.digest, OTHER: Content(b"another").digest})
    assert diff(stamp=read_both, changed_at=3000, resource=both) is None
    change = diff(stamp=read_one, resource=both)
    assert change is not None
    assert change.reasons == (f"The running swift-proxy has not read {OTHER} as it is.",)


def test_a_file_that_went_away_since_the_stamp_calls_for_a_restart() -> None:
    answers = {
        ReadService("swift-proxy", UNITS, 8080): RUNNING,
        ReadStamp("swift-proxy", "/var/lib/setup-tool"): stamped("first"),
        FetchHttp(URL): HttpFact(200),
        ReadFile(PATH): FileFact(PATH),
    }
    assert PROXY.diff(answers) is not None


@pytest.mark.parametrize(
    ("service", "status", "reason"),
    [
        (STOPPED, None, "swift-proxy does not run."),
        (STOPPED, 200, "swift-proxy does not run."),
        (RUNNING, 503, f"swift-proxy runs, but {URL} says: HTTP 503."),
        (RUNNING, None, f"swift-proxy runs, but {URL} says: timed out."),
    ],
)
def test_a_service_that_is_not_well_is_restarted_with_the_reason_said(
    service: ServiceFact, status: int | None, reason: str
) -> None:
    change = diff(service, stamped("first"), status)
    assert change is not None
    assert (change.target, change.stage) == ("proxy1", Stage.PROXIES)
    assert (change.action, change.summary) == (Action.BOUNCE, "restart swift-proxy")
    assert change.reasons == (reason,)


@pytest.mark.parametrize("status", [200, 401])
def test_any_of_its_healthy_answers_will_do(status: int) -> None:
    assert diff(status=status) is None


@pytest.mark.parametrize(
    ("command", "service", "status", "reloads"),
    [
        ("swift-reload", RUNNING, 200, True),
        ("swift-reload", RUNNING, 503, False),
        ("swift-reload", RUNNING, None, False),
        ("swift-reload", STOPPED, 200, False),
        (None, RUNNING, 200, False),
    ],
)
def test_only_a_healthy_service_with_a_command_for_it_is_reloaded(
    command: str | None, service: ServiceFact, status: int | None, *, reloads: bool
) -> None:
    resource = replace(PROXY, control=replace(CONTROL, reload=command))
    change = diff(service, stamped("first", b"another"), status, resource=resource)
    assert change is not None
    assert change.summary == f"{'reload' if reloads else 'restart'} swift-proxy"
    control = replace(CONTROL, reload=command, unit="swift-proxy")
    assert change.steps == (BounceService(control, reload=reloads), StampService(control))


@pytest.mark.parametrize(
    ("service", "control"),
    [
        (replace(STOPPED, unit=None), CONTROL),
        (replace(RUNNING, unit=None), CONTROL),
        (replace(STOPPED, unit=None), replace(CONTROL, reload="swift-reload")),
    ],
)
def test_a_restart_that_has_no_way_to_be_done_refuses_the_plan(
    service: ServiceFact, control: ServiceControl
) -> None:
    with pytest.raises(DeclarationError) as caught:
        diff(service, changed_at=3000, resource=replace(PROXY, control=control))
    sentence = str(caught.value)
    assert sentence.startswith("proxy1: swift-proxy has to be restarted, and there is no way to:")
    assert "no systemd unit swift-proxy or openstack-swift-proxy" in sentence
    assert "proxy_service or proxy_restart" in sentence


@pytest.mark.parametrize(
    ("service", "control"),
    [
        (replace(STOPPED, unit=None), replace(CONTROL, restart="swift-init proxy restart")),
        (replace(RUNNING, unit=None), replace(CONTROL, reload="swift-reload")),
    ],
)
def test_a_command_of_the_inventory_does_without_a_unit(
    service: ServiceFact, control: ServiceControl
) -> None:
    change = diff(service, changed_at=3000, resource=replace(PROXY, control=control))
    assert change is not None
    reloads = control.reload is not None
    assert change.steps == (BounceService(control, reload=reloads), StampService(control))


def test_a_service_that_is_fresh_needs_no_way_to_be_restarted() -> None:
    assert diff(replace(RUNNING, unit=None)) is None


def test_what_the_plan_will_write_has_not_been_read_whatever_the_stamp() -> None:
    change = diff(stamp=stamped("first"), changed_at=PLANNED)
    assert change is not None
    assert change.reasons == (f"swift-proxy has to read {PATH} as this plan writes it.",)


def test_swifts_own_seamless_reload_does_where_the_release_and_the_process_have_it() -> None:
    able = replace(PROXY, control=replace(CONTROL, seamless=True))
    for process in (False, True):
        for resource in (PROXY, able):
            service = replace(RUNNING, seamless=process)
            change = diff(service, changed_at=3000, resource=resource)
            assert change is not None
            reloads = process and resource is able
            assert change.summary == f"{'reload' if reloads else 'restart'} swift-proxy"


@pytest.mark.parametrize(
    ("answer", "path", "well"),
    [
        (HttpFact(503, b"DISABLED BY FILE"), "/maintenance", True),
        (HttpFact(503), "/maintenance", True),
        (HttpFact(503, b"Unavailable"), "/maintenance", False),
        (HttpFact(503, b"DISABLED BY FILE"), None, False),
        (HttpFact(500, b"DISABLED BY FILE"), "/maintenance", False),
    ],
)
def test_a_service_that_its_operator_drained_is_well_and_said_to_be(
    answer: HttpFact, path: str | None, *, well: bool
) -> None:
    resource = replace(PROXY, control=replace(CONTROL, disable_path=path))
    answers = {
        ReadService("swift-proxy", UNITS, 8080): RUNNING,
        ReadStamp("swift-proxy", "/var/lib/setup-tool"): stamped("first"),
        FetchHttp(URL): answer,
        ReadFile(PATH): FileFact(PATH, NOW, changed_at=1000),
    }
    assert (resource.diff(answers) is None) is well
    notes = [note.text for note in resource.notes(answers)]
    assert [
        text.startswith(f"swift-proxy is kept out of its balancer by {path}.") for text in notes
    ] == [True] * well
