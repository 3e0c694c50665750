"""Every scenario: what is planned, what the files read afterwards, and that it is enough."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.transaction import WriteFile
from tests.scenarios import reading
from tests.scenarios.ec2_api import is_ec2_apis, is_template
from tests.scenarios.nova_reading import nova_gets
from tests.scenarios.scenario import Scenario, scenarios

if TYPE_CHECKING:
    from setup_tool.core.plan import Plan
    from tests.scenarios.machine import Machine

ALL = list(scenarios())
DIGEST = re.compile("ec2-api-[0-9a-f]{12}")


def by_sentence(scenario: Scenario) -> str:
    return scenario.sentence


@pytest.mark.parametrize("scenario", [s for s in ALL if s.then.refused is None], ids=by_sentence)
def test_what_is_planned_is_what_is_expected(scenario: Scenario) -> None:
    plan = scenario.cloud.plan()
    assert shown(plan) == scenario.then.changes
    assert [f"{note.target}: {note.text}" for note in plan.notes] == scenario.then.notes
    if scenario.then.because is not None:
        assert [reason for c in plan.changes for reason in c.reasons] == scenario.then.because
    assert [line for c in plan.changes for line in c.instead] == scenario.then.instead
    for name, machine in scenario.cloud.machines.items():
        check_file(scenario, plan, name, machine)
    after = scenario.cloud.after(plan)
    assert shown(after.plan()) == scenario.then.again
    for name, options in scenario.then.nova.items():
        got = nova_gets(after.machines[name])
        assert {key: got[key] for key in options} == options
    types = {line.split()[0] for line in scenario.then.catalogue}
    assert [line for line in after.keystone.lines() if line.split()[0] in types] == sorted(
        scenario.then.catalogue
    )
    check_secrecy(scenario, repr(plan))


@pytest.mark.parametrize(
    "scenario", [s for s in ALL if s.then.refused is not None], ids=by_sentence
)
def test_what_cannot_be_done_is_refused_in_a_sentence(scenario: Scenario) -> None:
    with pytest.raises(DeclarationError) as caught:
        scenario.cloud.plan()
    assert str(caught.value) == scenario.then.refused
    assert caught.value.exit_status == 2
    check_secrecy(scenario, repr(caught.value))


def shown(plan: Plan) -> list[str]:
    lines = [
        f"{c.stage.name.lower()} {c.target} {c.action.value} {c.summary}" for c in plan.changes
    ]
    return [DIGEST.sub("ec2-api-DIGEST", line) for line in lines]


def check_file(scenario: Scenario, plan: Plan, name: str, machine: Machine) -> None:
    """The file's lines change as expected, and its own reader sees that and nothing else."""
    steps = [step for c in plan.changes if c.target == name for step in c.steps]
    writes = {
        step.path: step
        for step in steps
        if isinstance(step, WriteFile) and not is_template(step.path)
    }
    said = scenario.then.diff.get(name, {})
    diffs = {machine.path: said} if isinstance(said, str) else said
    assert set(writes) == set(diffs)
    for path, write in writes.items():
        known = machine.ec2_api.files if is_ec2_apis(path) else machine.others
        old = known.get(path, b"" if is_ec2_apis(path) else machine.file or b"")
        before, after = old.decode(), write.content.reveal().decode()
        assert reading.changed_lines(before, after) == diffs[path]
        ends = {line[len(line.rstrip("\r\n")) :] for line in after.splitlines(keepends=True)}
        assert ends <= {"\r\n" if "\r\n" in before else "\n", ""}
        read = reading.paste_reading if machine.group == "proxy" else reading.oslo_reading
        options = scenario.then.reads.get(name) or reading.options_that_come(diffs[path])
        assert read(after) == reading.laid_over(read(before), options)


def check_secrecy(scenario: Scenario, text: str) -> None:
    for secret in scenario.secrets:
        assert secret not in text
