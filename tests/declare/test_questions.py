"""What a node is asked first."""

from __future__ import annotations

from setup_tool.core.queries import FetchHttp, NodeQuery
from setup_tool.declare.inventory import make_inventory, parse_inventory
from setup_tool.declare.questions import NOVA, SWIFT, SWIFT3, first_questions, info_url

HEALTH = "http://192.0.2.1:8080/healthcheck"


def asked(group: str, **variables: str) -> tuple[NodeQuery, ...]:
    lines = "".join(f"    {name}: '{value}'\n" for name, value in variables.items())
    text = f"all:\n  vars:\n    ec2: auto\n{lines}{group}: {{hosts: {{n1: }}}}\n"
    [node] = make_inventory(parse_inventory(text, "hosts.yaml")).nodes
    return first_questions(node)


def test_a_proxy_whose_version_is_not_said_is_asked_for_it_in_both_ways() -> None:
    questions = asked("proxy", proxy_health_url=HEALTH)
    assert SWIFT in questions
    assert info_url(HEALTH) in questions


def test_a_proxy_whose_version_is_said_is_not_asked_for_it() -> None:
    questions = asked("proxy", proxy_health_url=HEALTH, swift_version="2.38.0")
    assert SWIFT not in questions
    assert [q.url for q in questions if isinstance(q, FetchHttp)] == [HEALTH]


def test_a_proxy_is_asked_for_swift3_unless_that_is_said_or_cannot_be_needed() -> None:
    assert SWIFT3 in asked("proxy")
    assert SWIFT3 in asked("proxy", swift_version="2.17.0")
    assert SWIFT3 not in asked("proxy", swift_version="2.18.0")
    assert SWIFT3 not in asked("proxy", swift3_version="1.11")


def test_a_controller_is_asked_for_its_version_unless_that_is_said() -> None:
    assert NOVA in asked("controller")
    assert NOVA not in asked("controller", nova_version="12.0.6")
