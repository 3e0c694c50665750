"""ec2-api set up and taken away: cut short anywhere, the next run comes to the same end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.folders import FolderFact
from setup_tool.core.plan import Plan, Stage
from setup_tool.core.transaction import WriteFile
from setup_tool.declare.bind_logins import Repair
from setup_tool.editors import ini
from setup_tool.editors.ini import Dialect
from tests.scenarios.ec2_api import Ec2Api
from tests.scenarios.scenario import make_cloud, ready
from tests.scenarios.test_scenarios import shown

if TYPE_CHECKING:
    from tests.scenarios.cloud import Cloud

CONF = "/etc/ec2api/ec2api.conf"
NOVA = """\
[DEFAULT]
my_ip = 192.0.2.9
[keystone_authtoken]
project_name = service
"""
SHARED = "mysql+pymysql://ec2api:canary-of-database@db/ec2api"


def a_cloud(*names: str, **variables: Any) -> Cloud:
    node = {
        "group": "controller",
        "package": "2:26.2.2-1",
        "file": NOVA,
        "install": {"source": "package", "manager": "apt"},
    }
    given = {**ready(), "all": {"ec2": "standalone", **variables}}
    return make_cloud({**given, **dict.fromkeys(names or ("ctl",), node)})


def with_variables(cloud: Cloud, **variables: Any) -> Cloud:
    return replace(cloud, variables={**cloud.variables, **variables})


def applied(cloud: Cloud) -> Cloud:
    """Return the cloud as apply leaves it: what is due, again until nothing is."""
    for _ in range(3):
        plan = cloud.plan()
        if plan.is_empty:
            return cloud
        cloud = cloud.after(plan)
    raise AssertionError(shown(cloud.plan()))


def cut_short(cloud: Cloud) -> list[Cloud]:
    """Return the cloud after each number of a plan's steps, of which a node's are done or not."""
    plan = cloud.plan()
    return [cloud.after(Plan(plan.changes[:number])) for number in range(len(plan.changes))]


def conf_of(cloud: Cloud, name: str = "ctl") -> ini.IniFile:
    return ini.parse(cloud.machines[name].ec2_api.files[CONF].decode(), Dialect.OSLO, name=CONF)


def password_of(cloud: Cloud, name: str = "ctl") -> str:
    found = conf_of(cloud, name).get("keystone_authtoken", "password")
    assert found is not None
    return found.value


def test_a_run_that_ends_anywhere_is_taken_up_by_the_next_one() -> None:
    whole = applied(a_cloud())
    for begun in cut_short(a_cloud()):
        ended = applied(begun)
        assert ended.keystone == whole.keystone
        assert ended.machines["ctl"].ec2_api.files == whole.machines["ctl"].ec2_api.files
        assert password_of(ended) == ended.keystone.users["ec2-api"].password


def test_the_file_holds_the_password_before_keystone_does() -> None:
    for begun in cut_short(a_cloud()):
        if "ec2-api" in begun.keystone.users:
            assert password_of(begun) == begun.keystone.users["ec2-api"].password


def test_what_was_set_up_goes_and_nothing_of_it_is_left() -> None:
    before = a_cloud()
    off = with_variables(applied(before), ec2="off")
    plan = off.plan()
    assert shown(plan) == [
        "beforehand identity - withdraw ec2 in region RegionOne",
        "controllers ctl ! stop ec2-api",
        "controllers ctl - remove /etc/ec2api/api-paste.ini",
        "controllers ctl - remove /etc/ec2api/ec2api.conf",
        "controllers ctl - remove /etc/systemd/system/ec2-api.service",
        "controllers ctl - remove /opt/setup-tool/ec2-api/setup_tool_keystone_auth.py",
        "controllers ctl - remove /opt/setup-tool/ec2-api/setup_tool_corrections.py",
        "controllers ctl - remove /opt/setup-tool/ec2-api-DIGEST",
        "controllers ctl - remove folder /opt/setup-tool/ec2-api",
        "controllers ctl - remove folder /opt/setup-tool",
        "controllers ctl - remove folder /var/lib/ec2api",
        "controllers ctl - remove folder /etc/ec2api",
        "controllers ctl - remove system user ec2api",
        "catalogue identity - remove user ec2-api",
    ]
    gone = off.after(plan)
    assert gone.plan().is_empty
    assert gone.plan().notes == ()
    assert gone.keystone == before.keystone
    left = gone.machines["ctl"].ec2_api
    assert left == replace(
        Ec2Api(),
        instance=left.instance,
        started_at=left.started_at,
        modes=left.modes,
        written=left.written,
    )


def test_a_removal_that_ends_anywhere_is_taken_up_by_the_next_one() -> None:
    before = a_cloud()
    off = with_variables(applied(before), ec2="off")
    for begun in cut_short(off):
        gone = applied(begun)
        assert gone.keystone == before.keystone
        left = gone.machines["ctl"].ec2_api
        assert (left.files, left.folders, left.environments, left.running) == ({}, {}, (), False)


def test_what_somebody_else_made_stays_when_ec2_api_goes() -> None:
    cloud = a_cloud()
    machine = cloud.machines["ctl"]
    there = replace(machine.ec2_api, folders={"/etc/ec2api": FolderFact(exists=True)})
    own = {CONF: b"[DEFAULT]\nec2api_workers = 2\n"}
    machines = {"ctl": replace(machine, ec2_api=replace(there, files=own))}
    set_up = applied(replace(cloud, machines=machines))
    assert conf_of(set_up).get("DEFAULT", "ec2api_workers") is not None
    gone = applied(with_variables(set_up, ec2="off"))
    assert list(gone.machines["ctl"].ec2_api.files) == [CONF]
    assert list(gone.machines["ctl"].ec2_api.folders) == ["/etc/ec2api"]


def test_a_shared_database_stays_and_that_is_said() -> None:
    off = with_variables(applied(a_cloud(ec2_api_database=SHARED)), ec2="off")
    (note,) = off.plan().notes
    assert note.text == (
        "ec2-api's database is not setup-tool's and stays. Remove it and its user where nothing "
        "else is to use it."
    )


def test_one_controller_of_two_is_left_out_and_keystone_with_it() -> None:
    off = with_variables(applied(a_cloud("ctl1", "ctl2", ec2_api_database=SHARED)), ec2="off")
    plan = replace(off, repair=Repair(whole=False)).plan()
    assert {change.target for change in plan.changes} == {"ctl1", "ctl2"}
    assert (
        plan.notes[-1].text == "With --limit ec2-api's endpoints and its user are left in Keystone."
    )


def test_a_controller_that_keeps_it_keeps_endpoints_and_user() -> None:
    both = applied(a_cloud("ctl1", "ctl2", ec2_api_database=SHARED))
    machine = replace(both.machines["ctl2"], variables={"ec2": "off"})
    some = replace(both, machines={**both.machines, "ctl2": machine})
    assert {change.target for change in some.plan().changes} == {"ctl2"}
    assert applied(some).keystone == both.keystone


def test_controllers_share_one_login_and_one_database() -> None:
    cloud = applied(a_cloud("ctl1", "ctl2", ec2_api_database=SHARED))
    assert password_of(cloud, "ctl1") == password_of(cloud, "ctl2")
    for name in ("ctl1", "ctl2"):
        found = conf_of(cloud, name).get("database", "connection")
        assert found is not None
        assert found.value == SHARED
    assert "canary-of-database" not in repr(cloud.plan())


def test_a_controller_that_comes_later_gets_the_login_that_is_there() -> None:
    one = applied(a_cloud("ctl1", ec2_api_database=SHARED))
    both = a_cloud("ctl1", "ctl2", ec2_api_database=SHARED)
    machines = {**both.machines, "ctl1": one.machines["ctl1"]}
    plan = replace(both, machines=machines, keystone=one.keystone).plan()
    assert {change.target for change in plan.changes} == {"ctl2"}
    assert Stage.BEFOREHAND not in {change.stage for change in plan.changes}
    written = [s for c in plan.changes for s in c.steps if isinstance(s, WriteFile)]
    assert password_of(one, "ctl1").encode() in written[0].content.reveal()


def test_different_passwords_of_which_none_works_are_refused() -> None:
    cloud = applied(a_cloud("ctl1", "ctl2", ec2_api_database=SHARED))
    machine = cloud.machines["ctl2"]
    changed = {
        path: text.replace(password_of(cloud, "ctl2").encode(), b"canary-of-another")
        for path, text in machine.ec2_api.files.items()
    }
    ec2_api = replace(machine.ec2_api, files=changed)
    machines = {**cloud.machines, "ctl2": replace(machine, ec2_api=ec2_api)}
    apart = replace(cloud, machines=machines)
    mended = applied(apart)
    assert password_of(mended, "ctl2") == password_of(cloud, "ctl1")
    lost = replace(apart, keystone=replace(apart.keystone, users={}))
    with pytest.raises(DeclarationError, match="none of the different passwords"):
        lost.plan()


def test_an_environment_of_another_list_takes_the_place_of_the_old_one() -> None:
    cloud = applied(a_cloud())
    machine = cloud.machines["ctl"]
    newer = replace(machine.ec2_api, python="3.13")
    plan = replace(cloud, machines={"ctl": replace(machine, ec2_api=newer)}).plan()
    assert shown(plan) == [
        "controllers ctl + build /opt/setup-tool/ec2-api-DIGEST",
        "controllers ctl ~ replace /etc/systemd/system/ec2-api.service",
        "controllers ctl ! restart ec2-api",
    ]


def test_a_unit_that_would_not_come_back_with_its_node_is_mended() -> None:
    cloud = applied(a_cloud())
    machine = cloud.machines["ctl"]
    lazy = replace(machine, ec2_api=replace(machine.ec2_api, enabled=False))
    plan = replace(cloud, machines={"ctl": lazy}).plan()
    assert [reason for change in plan.changes for reason in change.reasons] == [
        "ec2-api would not be started when the node starts."
    ]


def test_somebody_elses_listener_on_the_port_is_refused() -> None:
    cloud = a_cloud()
    machine = cloud.machines["ctl"]
    taken = replace(machine, ec2_api=replace(machine.ec2_api, running=True))
    with pytest.raises(DeclarationError) as caught:
        replace(cloud, machines={"ctl": taken}).plan()
    assert str(caught.value) == (
        "ctl: something else than ec2-api.service listens on port 8788, where ec2-api is to "
        "listen. Stop that, or choose another port."
    )


def test_a_file_that_more_may_read_is_told_of() -> None:
    cloud = applied(a_cloud())
    machine = cloud.machines["ctl"]
    modes = {**machine.ec2_api.modes, CONF: 0o644}
    open_to_all = replace(machine, ec2_api=replace(machine.ec2_api, modes=modes))
    (note,) = replace(cloud, machines={"ctl": open_to_all}).plan().notes
    assert note.text == (
        f"{CONF} has mode 0644, so that more may read it than its service. It holds passwords: "
        f"chmod 0640 {CONF}"
    )


def test_ec2_in_novas_apis_goes_where_another_service_has_it() -> None:
    cloud = a_cloud()
    machine = replace(cloud.machines["ctl"], file=b"[DEFAULT]\nenabled_apis = ec2,metadata\n")
    plan = replace(cloud, machines={"ctl": machine}).plan()
    assert "controllers ctl ~ edit /etc/nova/nova.conf" in shown(plan)
