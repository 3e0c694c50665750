"""EC2 on a cloud of today's: set up, used for whole lives of instances, broken, and removed.

The tests are in the order of such a cloud's life, which each takes further.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from setup_tool.declare.versions import release_of
from tests.ec2.proving import prove_checks, prove_lives, prove_looks
from tests.ec2.table import NOVA, PROGRAMS
from tests.lab.waiting import wait_until
from tests.lab_fixture import request
from tests.nodes import ec2, nova_seed, places
from tests.nodes.ec2 import ACCOUNT, CONF, STANDALONE
from tests.nodes.upgrades import downgrade_keystone, older_keystone, upgrade_keystone
from tests.nodes.watching import Watch, given_away

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Ran
    from tests.ec2.operator import Operator
    from tests.nodes.nova_cloud import NovaCloud

pytestmark = pytest.mark.live("Keystone 22.0.1", "Keystone 22.0.2", "nova 26.2.2")

TYPE = "m1.tiny"
# a life costs the cloud ten seconds of a processor
OF_OLD = {name: program for name, program in PROGRAMS.items() if program == "with_boto.py"}
OF_TODAY = {name: program for name, program in PROGRAMS.items() if name not in OF_OLD}


@dataclass(frozen=True, slots=True)
class Before:
    """The cloud before setup-tool came."""

    plan: str
    traces: list[str]
    keystone: set[str]


@dataclass(slots=True)
class Begun:
    """What two runs said, the first of which was cut short, and what was seen meanwhile."""

    watch: Watch
    cut_short: str
    ended: Ran


@pytest.fixture(scope="module")
def older() -> Path:
    return older_keystone()


@pytest.fixture(scope="module")
def wheels() -> Path:
    return ec2.ec2_api_wheels()


@pytest.fixture(scope="module")
def cloud(older: Path, wheels: Path, nova_cloud: NovaCloud) -> NovaCloud:
    """nova, with a Keystone from before OSSA-2025-002."""
    downgrade_keystone(nova_cloud.hosts, older)
    ec2.give_wheels(nova_cloud.machine, wheels)
    return nova_cloud


@pytest.fixture(scope="module")
def before(cloud: NovaCloud) -> Before:
    planned = cloud.run("plan", "-i", cloud.inventory(**STANDALONE)).out
    return Before(planned, ec2.traces(cloud.machine), ec2.named_in_keystone(cloud))


@pytest.fixture(scope="module")
def begun(cloud: NovaCloud, before: Before) -> Begun:
    """EC2 as two runs set it up; the first was killed while it built the environment."""
    del before
    machine = cloud.machine
    with Watch(cloud.hosts, cloud.native().accounts, every=0.05) as watch:
        running = cloud.start("apply", "-i", cloud.inventory(**STANDALONE), "--yes")
        environments = machine.root / "opt/setup-tool"
        wait_until(lambda: list(environments.glob("ec2-api-*/bin/python3")), seconds=120)
        machine.sh("systemctl kill --signal=KILL 'setup-tool-*.scope'")
        running.kill()
        said = "".join(running.communicate())
        ended = cloud.run_anew("apply", "-i", cloud.inventory(**STANDALONE), "--yes")
    return Begun(watch, said, ended)


@pytest.fixture(scope="module")
def demo(cloud: NovaCloud, begun: Begun) -> Operator:
    """A user of the cloud, with the files that setup-tool wrote."""
    del begun
    return ec2.customer(cloud, "demo")


def anonymous() -> int:
    """Ask Keystone to validate a signature without a token; return the status."""
    headers = {"Content-Type": "application/json"}
    return request("POST", f"{places.NOVA_KEYSTONE}/v3/ec2tokens", b"{}", headers).status


def image_of(demo: Operator) -> str:
    """Return the id that EC2 has for the image."""
    return str(demo.ask("with_boto3.py", "look")["images"][nova_seed.IMAGE])


def test_the_cloud_starts_and_ends_instances_by_its_native_api(cloud: NovaCloud) -> None:
    nova = cloud.native()
    [image] = nova.image.ask("GET", "/v2/images")["images"]
    flavors = nova.compute.ask("GET", "/flavors")["flavors"]
    asked = {
        "name": "native",
        "imageRef": image["id"],
        "flavorRef": flavors[0]["id"],
        "networks": [{"uuid": nova.network_of("demo")}],
    }
    made = nova.compute.ask("POST", "/servers", {"server": asked})["server"]["id"]
    at = f"/servers/{made}"
    wait_until(lambda: nova.compute.ask("GET", at)["server"]["status"] == "ACTIVE", seconds=60)
    nova.compute.ask("DELETE", at)
    wait_until(lambda: nova.servers() == [], seconds=60)
    assert nova.volume.ask("GET", "/volumes") == {"volumes": []}


def test_its_nova_is_of_the_release_that_the_mark_names(cloud: NovaCloud) -> None:
    version = cloud.machine.sh("dpkg-query --show --showformat='${Version}' nova-api")
    assert release_of(version) == "26.2.2"


def test_the_plan_says_what_ec2_api_is_and_whose_login_it_has(before: Before) -> None:
    assert "not maintained any more" in before.plan
    assert "Its login is an administrator's." in before.plan
    assert "grant role admin to user ec2-api on project service" in before.plan
    assert "http://10.77.0.41:8788/" in before.plan


def test_a_run_killed_while_it_built_the_environment_is_taken_up_by_the_next(
    cloud: NovaCloud, begun: Begun
) -> None:
    assert "build /opt/setup-tool/ec2-api-" in begun.cut_short
    assert "Nothing to do: everything is as declared." in begun.ended.out
    assert ec2.answers()
    (environment,) = cloud.machine.root.glob("opt/setup-tool/ec2-api-*")
    assert (environment / "complete").exists()


@pytest.mark.usefixtures("begun")
def test_a_second_run_has_nothing_to_do(cloud: NovaCloud) -> None:
    plan = cloud.plan(**STANDALONE)
    assert plan["converged"]
    assert plan["changes"] == []


def test_instances_live_and_end_before_the_fix_of_keystone(
    cloud: NovaCloud, demo: Operator, record_property: pytest.RecordProperty
) -> None:
    assert anonymous() == 400
    assert statuses(demo) <= {"passed", "skipped"}
    prove_lives(NOVA, demo, image_of(demo), TYPE, record_property, programs=OF_OLD)
    assert cloud.native().servers() == []


def test_the_upgrade_of_keystone_needs_nothing_and_instances_live_and_end_after_it(
    cloud: NovaCloud, demo: Operator, record_property: pytest.RecordProperty
) -> None:
    upgrade_keystone(cloud.hosts)
    assert anonymous() == 401
    assert cloud.plan(**STANDALONE)["changes"] == []
    prove_checks(NOVA, demo.checks("--launch", nova_seed.IMAGE), record_property)
    assert cloud.native().servers() == []


def test_programs_of_today_and_of_old_log_in_after_it_and_instances_live_and_end(
    cloud: NovaCloud, demo: Operator, record_property: pytest.RecordProperty
) -> None:
    prove_looks(NOVA, demo, record_property)
    prove_lives(NOVA, demo, image_of(demo), TYPE, record_property, programs=OF_TODAY)
    assert cloud.native().servers() == []


def test_an_ec2_api_that_is_killed_comes_back(cloud: NovaCloud, demo: Operator) -> None:
    asked = "systemctl show --property=MainPID --value ec2-api"
    killed = cloud.machine.sh(asked)
    cloud.machine.sh(f"kill -KILL {killed}")
    wait_until(lambda: cloud.machine.sh(asked).strip() not in {"0", killed.strip()}, seconds=30)
    wait_until(ec2.answers, seconds=60)
    assert demo.ask("with_boto3.py", "look")["regions"] == ["RegionOne"]
    assert cloud.plan(**STANDALONE)["changes"] == []


def test_its_login_is_in_its_own_file_alone_which_it_alone_reads(
    cloud: NovaCloud, begun: Begun
) -> None:
    machine = cloud.machine
    secret = ec2.password(machine)
    look = "grep -rlF -D skip -f - /etc /home /opt /root /run /srv /tmp /usr/local /var 2>/dev/null"
    found = machine.sh(look, stdin=f"{secret}\n", status=None).split()
    assert [path for path in found if not path.startswith("/var/lib/setup-tool/")] == [CONF]
    assert machine.sh("find /var/lib/setup-tool -perm /077") == ""
    for user, status in (("ec2api", 0), ("nova", 1), ("nobody", 1)):
        machine.sh(f"runuser -u {user} -- cat {CONF}", status=status)
        machine.sh(f"runuser -u {user} -- cat /etc/ec2api/api-paste.ini", status=status)
    readable = machine.sh(f"runuser -u nobody -- {look}", stdin=f"{secret}\n", status=None)
    assert readable == ""
    assert begun.watch.open_states == set()


def test_no_process_file_journal_or_log_shows_a_secret(
    cloud: NovaCloud, begun: Begun, demo: Operator
) -> None:
    secrets = {ec2.password(cloud.machine), demo.secret, *cloud.hosts.secrets()}
    secrets |= begun.watch.keys
    assert begun.watch.ran(b"ec2-api-manage")
    seen = {(where, given_away(text, secrets)) for where, text in begun.watch.texts()}
    assert {each for each in seen if each[1]} == set()
    for said in (begun.cut_short, begun.ended.out, begun.ended.err):
        assert given_away(said, secrets) is None
    journal = cloud.machine.sh("journalctl --no-pager --output json")
    assert "ec2-api" in journal
    assert given_away(journal, secrets) is None
    logs = cloud.machine.sh("find /var/log -type f -exec cat {} + | tr -cd '[:print:][:space:]'")
    assert given_away(logs, secrets) is None


def test_a_login_that_lost_its_roles_gives_errors_of_the_service_until_apply_gives_them_back(
    cloud: NovaCloud, demo: Operator
) -> None:
    accounts = cloud.native().accounts
    # with some role it still can log in
    accounts.grant("PUT", ACCOUNT, "service", "member")
    for role in ("admin", "service"):
        accounts.grant("DELETE", ACCOUNT, "service", role)
    wait_until(lambda: "HTTP 500 InternalError" in regions(demo)["detail"], seconds=60)
    done = cloud.apply(**STANDALONE).out
    assert f"grant role admin to user {ACCOUNT} on project service" in done
    assert f"grant role service to user {ACCOUNT} on project service" in done
    wait_until(lambda: regions(demo)["status"] == "passed", seconds=120)
    assert statuses(demo) <= {"passed", "skipped"}


def regions(demo: Operator) -> dict[str, str]:
    """Return what the first check of EC2 said."""
    found: dict[str, str] = demo.checks("--ec2", status=None)["DescribeRegions"]
    return found


def statuses(demo: Operator) -> set[str]:
    """Return how the checks of EC2 that start nothing ended."""
    return {check["status"] for check in demo.checks("--ec2", status=None).values()}


def test_a_key_is_rotated_and_audited_in_a_cloud_without_s3(
    cloud: NovaCloud, demo: Operator
) -> None:
    files = ("--directory", str(demo.home))
    told = cloud.run("credentials", "rotate", "--os-cloud", "demo", *files, "--yes").out
    assert "eucarc" in told
    anew = ec2.customer(cloud, "demo")
    assert anew.secret != demo.secret
    assert anew.ask("with_boto3.py", "regions") == ["RegionOne"]
    words = ("--user", "demo", "--check", "--format", "json")
    audited = cloud.run("credentials", "audit", *words).document
    assert audited == {"looked_at": 1, "findings": []}


def test_a_database_of_mariadb_is_filled_and_used_in_the_place_of_the_file(
    cloud: NovaCloud, demo: Operator
) -> None:
    wanted = {**STANDALONE, "ec2_api_database": ec2.make_database(cloud)}
    cloud.apply(**wanted)
    assert cloud.plan(**wanted)["changes"] == []
    assert image_of(demo).startswith("ami-")
    assert ec2.images_known(cloud) == 1


def test_ec2_off_leaves_nothing_behind_but_a_database_of_others(
    cloud: NovaCloud, before: Before
) -> None:
    said = cloud.apply(ec2="off").out
    assert "ec2-api's database is not setup-tool's and stays." in said
    assert ec2.images_known(cloud) == 1
    left = [line for line in ec2.traces(cloud.machine) if line not in set(before.traces)]
    assert left == []
    assert ec2.named_in_keystone(cloud) == before.keystone
    assert not ec2.answers()
    plan = cloud.plan(ec2="off")
    assert plan["converged"]
    assert plan["changes"] == []
