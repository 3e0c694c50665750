from __future__ import annotations

from setup_tool.core.facts import HttpFact
from setup_tool.core.plan import Stage
from setup_tool.core.queries import FetchHttp
from setup_tool.resources.https_trust import HttpsTrust

URL = "https://vip.example:5000/v3"
QUERY = FetchHttp(URL, verify=True)


def test_without_tls_there_is_nothing_to_ask_or_say() -> None:
    plain = HttpsTrust("p1", Stage.PROXIES, "http://vip.example:5000/v3")
    assert plain.queries() == ()
    assert plain.notes({}) == ()


def test_a_keystone_that_the_node_trusts_is_not_spoken_of() -> None:
    trust = HttpsTrust("p1", Stage.PROXIES, URL)
    assert trust.queries() == (QUERY,)
    assert trust.notes({QUERY: HttpFact(200, b"{}")}) == ()
    assert trust.diff({QUERY: HttpFact(problem="curl: (60) SSL certificate problem")}) is None


def test_a_keystone_that_the_node_does_not_trust_is_said_with_what_to_do() -> None:
    problem = "curl: (60) SSL certificate problem: unable to get local issuer certificate"
    [note] = HttpsTrust("p1", Stage.PROXIES, URL).notes({QUERY: HttpFact(problem=problem)})
    assert note.target == "p1"
    assert f"{URL} could not be asked from here with its certificate verified: {problem}. " in (
        note.text
    )
    assert "/usr/local/share/ca-certificates" in note.text
