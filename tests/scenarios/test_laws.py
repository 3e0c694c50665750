"""Laws 1, 6 and 8 on files as hands leave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import event, given, settings
from hypothesis import strategies as st

from setup_tool.core.errors import DeclarationError
from tests.scenarios import upstream_rules
from tests.scenarios.reading import oslo_reading, paste_reading
from tests.scenarios.scenario import make_cloud, ready
from tests.scenarios.texts import CANARY, nova_files, proxy_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.plan import Plan
    from tests.scenarios.cloud import Cloud
    from tests.scenarios.reading import View

law = settings(deadline=None, max_examples=120)

LOGIN = {
    "auth_type": "password",
    "auth_url": "http://keystone:5000",
    "username": "swift",
    "project_name": "service",
}
TOKEN = {
    "use": "egg:swift#s3token",
    "auth_uri": "http://keystone:5000/v3",
    "reseller_prefix": "AUTH_",
    "secret_cache_duration": "0",
    **LOGIN,
}
OURS = {
    "pipeline:main": {"pipeline"},
    "app:proxy-server": {"account_autocreate"},
    "filter:authtoken": {"delay_auth_decision"},
    "filter:s3api": {"use", "location"},
    "filter:s3token": {
        *TOKEN,
        "password",
        "delay_auth_decision",
        "user_domain_id",
        "user_domain_name",
        "project_domain_id",
        "project_domain_name",
    },
}
"""Every option that the roles of a proxy may write, by section."""
OURS_OF_SWIFT3 = {
    "pipeline:main": {"pipeline"},
    "app:proxy-server": {"account_autocreate"},
    "filter:authtoken": {"delay_auth_decision"},
    "filter:swift3": {"use", "location"},
    "filter:s3token": {"use", "auth_uri", "reseller_prefix"},
}
SWIFTS = ["1.8.0", "1.10.0", "1.13.1", "2.2.0", "2.3.0", "2.5.0", "2.7.0", "2.10.2", "2.17.0"]
PLUGINS = ["1.7", "1.8.0", "1.10.0", "1.11.0", "1.12.0"]


@law
@given(proxy_files())
def test_a_proxy_file_of_any_make_is_served_or_refused_and_then_needs_nothing(
    made: tuple[str, str],
) -> None:
    found = brought_there(*made)
    if found is None:
        return
    text, now = found
    check_proxy(paste_reading(text), paste_reading(now), made[1])
    assert gone(text, now) <= {key for keys in OURS.values() for key in keys} | {"filter"}


@law
@given(proxy_files(), st.sampled_from(SWIFTS), st.sampled_from(PLUGINS))
def test_a_proxy_file_of_any_make_gets_the_swift3_of_its_release_and_then_needs_nothing(
    made: tuple[str, str], swift: str, plugin: str
) -> None:
    found = brought_there(*made, package=f"{swift}-1", swift3=f"{plugin}-1")
    if found is None:
        return
    before, now = map(paste_reading, found)
    pipeline = now["pipeline:main"]["pipeline"].split()
    assert upstream_rules.complaint_of_swift3(pipeline, now, plugin) is None
    if "tempauth" not in pipeline:
        asked = upstream_rules.asked_by_s3token(now["filter:s3token"], swift, plugin)
        assert asked in {
            "http://keystone:35357/v2.0/s3tokens",
            "http://keystone:5000/v3/s3tokens",
        }
    for section, options in before.items():
        # one of that name may be swift3's, and is called so then
        called = section if section in now else "filter:swift3"
        for key, value in options.items():
            if key not in OURS_OF_SWIFT3.get(called, set()):
                assert now[called][key] == value


@law
@given(nova_files())
def test_a_nova_conf_of_any_make_gets_ec2_and_then_needs_nothing(text: str) -> None:
    cloud = a_controller(text)
    plan = planned(cloud)
    if plan is None:
        event("refused")
        return
    after = cloud.after(plan)
    assert after.plan().is_empty
    now = (after.machines["node"].file or b"").decode()
    then, before = oslo_reading(now), oslo_reading(text)
    apis = apis_of(then)
    assert apis is None or "ec2" in apis
    was = apis_of(before)
    assert was is None or [api for api in apis or [] if api != "ec2"] == [
        api for api in was if api != "ec2"
    ]
    assert then["DEFAULT"]["keystone_ec2_url"]
    ours = ("enabled_apis", "keystone_ec2_url", "ec2_host", "ec2_dmz_host")
    assert without(then, *ours) == without(before, *ours)


def brought_there(text: str, password: str, **node: str) -> tuple[str, str] | None:
    """Return a proxy's file before and after its plan, which is enough; None for a refusal."""
    cloud = a_proxy(text, {"password": password, "roles": {"service": ["service"]}}, **node)
    plan = planned(cloud)
    if plan is None:
        event("refused")
        return None
    after = cloud.after(plan)
    assert after.plan().is_empty
    return text, (after.machines["node"].file or b"").decode()


def planned(cloud: Cloud) -> Plan | None:
    """Return the plan, None for a refusal; neither may show a password."""
    refusal = None
    try:
        plan = cloud.plan()
    except DeclarationError as error:
        refusal = repr(error)
    if refusal is not None:
        assert CANARY not in refusal
        return None
    assert CANARY not in repr(plan)
    shown = [line for c in plan.changes for line in (c.summary, *c.reasons, *c.diff)]
    assert CANARY not in "".join([*shown, *(note.text for note in plan.notes)])
    return plan


def check_proxy(before: View, now: View, password: str) -> None:
    """What is declared is read, and nothing else is read otherwise than before."""
    filters = now["pipeline:main"]["pipeline"].split()
    assert "s3api" in filters
    assert "swift3" not in filters
    ours = {"s3api", "s3token", "swift3"}
    assert [f for f in filters if f not in ours] == [
        f for f in before["pipeline:main"]["pipeline"].split() if f not in ours
    ]
    assert now["app:proxy-server"]["account_autocreate"].lower() in {"true", "1", "yes"}
    assert now["filter:s3api"]["use"] == "egg:swift#s3api"
    if "tempauth" in filters:
        assert filters.index("s3api") < filters.index("tempauth")
        assert "s3token" not in filters
    else:
        order = ["authtoken", "s3api", "s3token", "keystoneauth"]
        assert sorted(order, key=filters.index) == order
        assert now["filter:s3token"] | {**TOKEN, "password": password} == now["filter:s3token"]
        assert now["filter:authtoken"]["delay_auth_decision"].lower() in {"true", "1", "yes"}
    for section, options in before.items():
        for key, value in options.items():
            if key not in OURS.get(section, set()):
                assert now[section][key] == value
    for section, options in now.items():
        assert set(options) - set(before.get(section, {})) <= OURS.get(section, set())


def gone(before: str, after: str) -> set[str]:
    """Return what the lines that went were about: options, or ``filter`` of a pipeline."""
    left = after.splitlines()
    lines = [line for line in before.splitlines() if line not in left]
    return {
        line.replace(":", "=").partition("=")[0].strip() if "=" in line or ":" in line else "filter"
        for line in lines
    }


def apis_of(view: View) -> list[str] | None:
    said = view["DEFAULT"].get("enabled_apis")
    return None if said is None else [api.strip() for api in said.split(",") if api.strip()]


def without(view: View, *keys: str) -> View:
    kept = {
        section: {key: value for key, value in options.items() if (section, key) not in dropped}
        for dropped in [{("DEFAULT", key) for key in keys}]
        for section, options in view.items()
    }
    return {section: options for section, options in kept.items() if options}


def a_proxy(text: str, user: Mapping[str, object], **node: str) -> Cloud:
    common = ready()
    common["keystone"]["users"] = {"swift": user}
    return make_cloud({**common, "node": {"group": "proxy", "file": text, **node}})


def a_controller(text: str) -> Cloud:
    return make_cloud({**ready(), "node": {"group": "controller", "file": text}})
