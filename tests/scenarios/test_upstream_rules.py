"""Every proxy of every scenario, when its plan is done, by the rules of its own release."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from setup_tool.declare.versions import release_of
from tests.scenarios import upstream_rules
from tests.scenarios.reading import paste_reading
from tests.scenarios.scenario import Scenario, scenarios

SERVED = [
    s
    for s in scenarios()
    if s.then.refused is None
    and s.cloud.variables.get("s3") != "off"
    and any(machine.group == "proxy" for machine in s.cloud.machines.values())
]
_PUBLIC_PORT, _ADMIN_PORT = 5000, 35357


@pytest.mark.parametrize("scenario", SERVED, ids=lambda s: s.sentence)
def test_what_is_left_is_what_this_release_starts_with_and_asks_keystone_by(
    scenario: Scenario,
) -> None:
    after = scenario.cloud.after(scenario.cloud.plan())
    for machine in after.machines.values():
        if machine.group != "proxy":
            continue
        view = paste_reading((machine.file or b"").decode())
        pipeline = view["pipeline:main"]["pipeline"].split()
        swift = release_of(machine.package or machine.release or "")
        swift = scenario.cloud.variables.get("swift_version") or swift
        assert swift is not None
        if upstream_rules.numbers(swift) >= (2, 18):
            plugin = ""
            assert upstream_rules.complaint_of_s3api(pipeline, view) is None
        else:
            said = scenario.cloud.variables.get("swift3_version") or machine.swift3
            plugin = release_of(said or "") or "none"
            assert upstream_rules.complaint_of_swift3(pipeline, view, plugin) is None
        check_s3token(view, pipeline, swift, plugin)


@pytest.mark.parametrize(
    ("pipeline", "swift3", "starts"),
    [
        ("swift3 s3token authtoken keystoneauth", "1.7", True),
        ("swift3 s3token authtoken keystone", "1.7", True),
        ("authtoken swift3 s3token keystone", "1.7", False),
        ("swift3 s3token authtoken keystoneauth", "1.8.0", True),
        ("swift3 s3token authtoken keystone", "1.8.0", False),
        ("authtoken swift3 s3token keystoneauth", "1.11.0", False),
        ("swift3 authtoken s3token keystoneauth", "1.11.0", False),
        ("authtoken swift3 s3token keystoneauth", "1.12.0", True),
        ("swift3 s3token authtoken keystoneauth", "1.12.0", False),
        ("authtoken s3token swift3 keystoneauth", "1.12.0", False),
        ("swift3 tempauth", "1.12.0", True),
        ("swift3 s3api s3token authtoken keystoneauth", "1.8.0", False),
    ],
)
def test_the_rules_tell_right_from_wrong(pipeline: str, swift3: str, starts: bool) -> None:  # noqa: FBT001
    eggs = {
        "swift3": "swift3#swift3",
        "keystone": "swift#keystoneauth",
        "keystoneauth": "swift#keystoneauth",
        "tempauth": "swift#tempauth",
        "s3api": "swift#s3api",
    }
    view = {f"filter:{name}": {"use": f"egg:{egg}"} for name, egg in eggs.items()}
    for name, module in (("s3token", "s3_token"), ("authtoken", "auth_token")):
        view[f"filter:{name}"] = {"paste.filter_factory": f"keystone.middleware.{module}:x"}
    names = [*pipeline.split(), "proxy-server"]
    assert (upstream_rules.complaint_of_swift3(names, view, swift3) is None) == starts


def check_s3token(
    view: dict[str, dict[str, str]], pipeline: list[str], swift: str, swift3: str
) -> None:
    """The s3token of the pipeline, if any, asks where Keystone serves s3tokens."""
    found = [
        view[f"filter:{name}"]
        for name in pipeline
        if "s3token" in view.get(f"filter:{name}", {}).get("use", "")
        or ".s3_token:" in view.get(f"filter:{name}", {}).get("paste.filter_factory", "")
    ]
    assert len(found) == ("tempauth" not in pipeline)
    for options in found:
        url = urlsplit(upstream_rules.asked_by_s3token(options, swift, swift3))
        ports = {"/v2.0/s3tokens": {_ADMIN_PORT}, "/v3/s3tokens": {_PUBLIC_PORT, _ADMIN_PORT}}
        assert url.hostname == "keystone" or "auth_uri" in options
        assert url.port in ports[url.path]
