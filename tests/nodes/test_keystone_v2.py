"""Keystone 12.0.3, which serves v2.0 and v3: the same work through either.

Of nova there is what setup-tool asks it, and a file: no nova that has EC2 is on any index.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from openstack.config import OpenStackConfig

from setup_tool.adapters.cloud_login import open_session
from setup_tool.adapters.key_ring import KeystoneKeyRing
from setup_tool.adapters.keys import KeystoneKeys
from setup_tool.core.credential import CloudUrls
from setup_tool.core.errors import SetupToolError
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.key_status import states
from setup_tool.credentials.issue import issue
from tests.adapters.identity_contract import IdentityContract
from tests.credentials.samples import texts
from tests.nodes.asking import REGION
from tests.nodes.places import LEGACY_KEYSTONE, LEGACY_KEYSTONE_ADMIN, LEGACY_SWIFT

if TYPE_CHECKING:
    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.credential import Owner
    from tests.adapters.identity_contract import LogIn
    from tests.cloud import Ran
    from tests.nodes.legacy_cloud import LegacyCloud

pytestmark = pytest.mark.live("Keystone 12.0.3")

AT = "http://10.77.0.31:8773/services"
DECLARED = {"public": f"{AT}/Cloud", "internal": f"{AT}/Cloud", "admin": f"{AT}/Admin"}
ELSEWHERE = "http://192.0.2.1:8773/services/Cloud"
THROUGH_V2 = "admin-v2.0"
ANSWERS = Path(__file__).parent / "files/ec2-answers.py"
UNIT = """[Service]
ExecStart=/usr/bin/python2.7 /usr/local/bin/ec2-answers.py
"""


def openrc(cloud: LegacyCloud, user: str = "admin", **changes: str) -> dict[str, str]:
    """Return the environment of an openrc file whose URL has no version."""
    return {
        "OS_CLOUD": "",
        "OS_AUTH_URL": LEGACY_KEYSTONE,
        "OS_USERNAME": user,
        "OS_PASSWORD": cloud.hosts.seed.passwords[user],
        "OS_TENANT_NAME": user,
        **changes,
    }


class _Contract(IdentityContract):
    version: ClassVar[str]

    @pytest.fixture
    def log_in(self, legacy_cloud: LegacyCloud) -> LogIn:
        def make(user: str = "admin", **changes: str) -> CloudLogin:
            environ = openrc(legacy_cloud, user, OS_IDENTITY_API_VERSION=self.version)
            return open_session(None, {**environ, **changes})

        return make


class TestVersion2(_Contract):
    version = "2.0"


class TestVersion3(_Contract):
    version = "3"


class Published:
    """The cloud with a controller, whose EC2 API is published in Keystone."""

    def __init__(self, cloud: LegacyCloud, inventory: str) -> None:
        self.cloud = cloud
        self.inventory = inventory

    def plan(self, *words: str, **environment: str) -> Any:
        """Return the plan through v2.0, unless the environment says otherwise."""
        environment = {"OS_CLOUD": THROUGH_V2, **environment}
        return self.cloud.run(
            "plan", "-i", self.inventory, "--format", "json", *words, **environment
        ).document

    def apply(self, *words: str, status: int = 0, os_cloud: str = THROUGH_V2) -> Ran:
        return self.cloud.run(
            "apply", "-i", self.inventory, "--yes", *words, status=status, OS_CLOUD=os_cloud
        )

    def of_v2(self) -> list[dict[str, Any]]:
        """Return the endpoints of EC2 as v2.0 shows them."""
        api = self.cloud.v2()
        services = api.ask("GET", "/OS-KSADM/services")["OS-KSADM:services"]
        (service,) = (one["id"] for one in services if one["type"] == "ec2")
        found = api.ask("GET", "/endpoints")["endpoints"]
        return [one for one in found if one["service_id"] == service]

    def of_v3(self) -> dict[str, str]:
        """Return the URLs of EC2 by interface, as v3 shows them."""
        api = self.cloud.v3()
        (service,) = api.ask("GET", "/services?type=ec2")["services"]
        found = api.ask("GET", f"/endpoints?service_id={service['id']}")["endpoints"]
        urls = {one["interface"]: one["url"] for one in found}
        assert len(urls) == len(found)
        return urls

    def make(self, **urls: str) -> str:
        """Make an endpoint of EC2 by hand through v2.0; return its id."""
        api = self.cloud.v2()
        service = self.cloud.v3().ask("GET", "/services?type=ec2")["services"][0]["id"]
        said = {"region": "RegionOne", "service_id": service}
        said |= {f"{name}url": url for name, url in urls.items()}
        return str(api.ask("POST", "/endpoints", {"endpoint": said})["endpoint"]["id"])

    def remove_all(self) -> None:
        api = self.cloud.v3()
        (service,) = api.ask("GET", "/services?type=ec2")["services"]
        for one in api.ask("GET", f"/endpoints?service_id={service['id']}")["endpoints"]:
            api.ask("DELETE", f"/endpoints/{one['id']}")


@pytest.fixture(scope="module")
def untouched(legacy_cloud: LegacyCloud) -> Published:
    """Nothing is published yet; what answers as nova-api's EC2 is there already."""
    machine = legacy_cloud.machine
    (machine.root / "etc/nova").mkdir(exist_ok=True)
    (machine.root / "etc/nova/nova.conf").write_text("[DEFAULT]\nverbose = true\n")
    (machine.root / "usr/local/bin/ec2-answers.py").write_bytes(ANSWERS.read_bytes())
    (machine.root / "etc/systemd/system/nova-api.service").write_text(UNIT)
    machine.sh("systemctl daemon-reload; systemctl start nova-api")
    said = {
        "ansible_host": machine.address,
        "ansible_user": "ops",
        "ansible_become": True,
        "ansible_ssh_private_key_file": str(legacy_cloud.hosts.key),
        "known_hosts": str(legacy_cloud.hosts.known_hosts),
        "nova_version": "12.0.6",
        "ec2_url_public": DECLARED["public"],
    }
    path = legacy_cloud.folder / "controller.yaml"
    path.write_text(json.dumps({"all": {"children": {"controller": {"hosts": {"old": said}}}}}))
    return Published(legacy_cloud, str(path))


@pytest.fixture
def published(untouched: Published) -> Published:
    """All is as declared, by work through v2.0."""
    untouched.apply()
    return untouched


def test_the_first_run_through_v2_leaves_nothing_to_do(untouched: Published) -> None:
    plan = untouched.plan()
    catalogue = [one["summary"] for one in plan["changes"] if one["stage"] == "catalogue"]
    assert catalogue == [
        "create service ec2 of type ec2",
        *(f"create {side} endpoint of ec2 in region RegionOne" for side in DECLARED),
    ]
    assert plan["changes"] == untouched.plan(OS_CLOUD="admin")["changes"]
    untouched.apply()
    (record,) = untouched.of_v2()
    assert {side: record[f"{side}url"] for side in DECLARED} == DECLARED
    assert untouched.of_v3() == DECLARED
    for cloud in (THROUGH_V2, "admin"):
        assert untouched.plan(OS_CLOUD=cloud)["converged"]


def test_an_endpoint_that_drifted_is_replaced_and_the_plan_says_so(published: Published) -> None:
    published.remove_all()
    wrong = published.make(**{**DECLARED, "public": ELSEWHERE})
    (change,) = published.plan()["changes"]
    assert change["summary"] == "update public endpoint of ec2 in region RegionOne"
    (reason,) = change["reasons"]
    assert reason.startswith("Identity v2.0 has no way to change an endpoint")
    (in_place,) = published.plan(OS_CLOUD="admin")["changes"]
    assert in_place["reasons"] == []
    published.apply()
    (record,) = published.of_v2()
    assert record["id"] != wrong
    assert published.of_v3() == DECLARED
    assert published.plan()["converged"]


def test_what_drifted_through_v3_is_mended_through_v2(published: Published) -> None:
    api = published.cloud.v3()
    (service,) = api.ask("GET", "/services?type=ec2")["services"]
    for one in api.ask("GET", f"/endpoints?service_id={service['id']}")["endpoints"]:
        changed = {"url": f"{ELSEWHERE}/{one['interface']}"}
        api.ask("PATCH", f"/endpoints/{one['id']}", {"endpoint": changed})
    assert len(published.plan()["changes"]) == 3
    published.apply()
    assert published.of_v3() == DECLARED


def test_a_duplicate_is_named_and_goes_by_its_id(published: Published) -> None:
    extra = published.make(public=ELSEWHERE)
    plan = published.plan()
    assert plan["converged"]
    assert any(extra in note["text"] for note in plan["notes"])
    published.apply("--remove-endpoint", extra)
    assert extra not in {one["id"] for one in published.of_v2()}
    assert published.of_v3() == DECLARED
    again = published.plan("--remove-endpoint", extra)
    assert again["converged"]


def test_what_v3_made_is_left_to_v3(published: Published) -> None:
    published.remove_all()
    api = published.cloud.v3()
    (service,) = api.ask("GET", "/services?type=ec2")["services"]
    for side, url in {**DECLARED, "public": ELSEWHERE}.items():
        said = {"service_id": service["id"], "interface": side, "region": "RegionOne", "url": url}
        api.ask("POST", "/endpoints", {"endpoint": said})
    before = published.of_v2()
    refused = published.apply(status=1)
    assert "it was made through v3, which alone can change it" in refused.err
    assert published.of_v2() == before
    published.apply(os_cloud="admin")
    assert published.of_v3() == DECLARED
    published.remove_all()


def test_a_record_of_the_run_has_what_undoes_it(published: Published) -> None:
    published.remove_all()
    published.make(**{**DECLARED, "public": ELSEWHERE})
    runs = published.cloud.folder / "state/setup-tool/runs"
    before = set(runs.glob("*.jsonl"))
    published.apply()
    (run,) = set(runs.glob("*.jsonl")) - before
    (line,) = map(json.loads, run.read_text().splitlines())
    assert (line["step"]["kind"], line["inverse"]["kind"]) == ("UpdateEndpoint", "UpdateEndpoint")
    assert (line["inverse"]["url"], line["inverse"]["old_url"]) == (ELSEWHERE, DECLARED["public"])


@pytest.mark.parametrize("base", [LEGACY_KEYSTONE, LEGACY_KEYSTONE_ADMIN])
@pytest.mark.parametrize("ending", ["", "/v2.0/"])
def test_v3_is_used_where_it_is_served(published: Published, base: str, ending: str) -> None:
    environment = openrc(published.cloud, OS_AUTH_URL=f"{base}{ending}")
    login = open_session(None, environment)
    assert login.session.get_token()
    assert login.auth_url == f"{base}/v3"
    assert published.plan(**environment)["converged"]


def test_the_admin_port_serves_all_of_v2(published: Published) -> None:
    environment = openrc(
        published.cloud, OS_AUTH_URL=LEGACY_KEYSTONE_ADMIN, OS_IDENTITY_API_VERSION="2.0"
    )
    assert published.plan(**environment)["converged"]


def test_a_domain_is_refused_through_v2(published: Published) -> None:
    environment = openrc(
        published.cloud, OS_IDENTITY_API_VERSION="2.0", OS_USER_DOMAIN_NAME="Others"
    )
    ran = published.cloud.run("plan", "-i", published.inventory, status=2, **environment)
    assert "says user_domain_name Others, and Identity v2.0" in ran.err


@pytest.mark.parametrize(("made", "found"), [("2.0", "3"), ("3", "2.0")])
def test_a_key_issued_through_one_is_found_through_the_other(
    legacy_cloud: LegacyCloud, made: str, found: str
) -> None:
    one, other = (
        KeystoneKeys(
            open_session(None, openrc(legacy_cloud, "demo", OS_IDENTITY_API_VERSION=version))
        )
        for version in (made, found)
    )
    owner = one.owner(None, None, None)
    assert other.owner(None, None, None) == owner
    issued = issue(one, owner, new=True)
    access = issued.credential.pair.access
    assert issued.credential in other.find(owner)
    assert [access in listed for listed in keys_of(legacy_cloud, owner)] == [True, True]
    again = issue(other, owner, new=False, held=frozenset({access}))
    assert (again.credential, again.created) == (issued.credential, False)
    other.delete(issued.credential)
    assert issued.credential not in one.find(owner)
    assert [access in listed for listed in keys_of(legacy_cloud, owner)] == [False, False]


def test_a_user_logs_in_by_the_files_of_a_bundle_that_was_issued_through_v2(
    legacy_cloud: LegacyCloud, tmp_path: Path
) -> None:
    demo = KeystoneKeys(open_session("demo-v2.0", legacy_cloud.environment)).owner(None, None, None)
    urls = CloudUrls(f"{LEGACY_KEYSTONE}/v2.0", REGION, REGION, LEGACY_SWIFT)
    files = texts(demo, urls, profile="mine")
    (tmp_path / "clouds.yaml").write_text(files["openstack/mine/clouds.yaml"])
    password = {
        "clouds": {"mine": {"auth": {"password": legacy_cloud.hosts.seed.passwords["demo"]}}}
    }
    (tmp_path / "secure.yaml").write_text(json.dumps(password))
    config = OpenStackConfig(
        [str(tmp_path / "clouds.yaml")],
        secure_files=[str(tmp_path / "secure.yaml")],
        load_envvars=False,
    )
    session = config.get_one("mine").get_session()
    access = session.auth.get_access(session)
    assert (access.version, access.username, access.project_name) == ("v2.0", "demo", "demo")
    assert session.get("", endpoint_filter={"service_type": "object-store"}).status_code < 300


def test_v3_keeps_a_record_for_an_administrator_alone_and_v2_for_nobody(
    legacy_cloud: LegacyCloud,
) -> None:
    record = KeyRecord(label="backup")
    logins = {
        (user, version): open_session(
            None, openrc(legacy_cloud, user, OS_IDENTITY_API_VERSION=version)
        )
        for user in ("admin", "demo")
        for version in ("2.0", "3")
    }
    owner = KeystoneKeys(logins["demo", "3"]).owner(None, None, None)
    made = {each: KeystoneKeys(login).create(owner, record) for each, login in logins.items()}
    assert {each: key.record.label for each, key in made.items()} == {
        ("admin", "2.0"): None,
        ("admin", "3"): "backup",
        ("demo", "2.0"): None,
        ("demo", "3"): None,
    }
    rings = {each: KeystoneKeyRing(login) for each, login in logins.items()}
    accesses = {key.pair.access for key in made.values()}
    for ring in rings.values():
        assert accesses <= {key.access for key in ring.stored(owner.user_id)}
    kept = [key for key in rings["admin", "3"].stored(None) if key.record == record]
    assert [key.access for key in kept] == [made["admin", "3"].pair.access]
    (state,) = states(kept, rings["admin", "2.0"].directory(kept), datetime.now(UTC))
    assert (state.user, state.project, state.problems) == ("demo", "demo", ())
    with pytest.raises(SetupToolError, match=r"v2\.0 keeps no record"):
        rings["admin", "2.0"].note(kept[0], record)
    for version, key in zip(("2.0", "3"), kept * 2, strict=True):
        rings["demo", version].delete(key)
    for key in made.values():
        KeystoneKeys(logins["demo", "2.0"]).delete(key)
    assert not accesses & set().union(*keys_of(legacy_cloud, owner))


def keys_of(cloud: LegacyCloud, owner: Owner) -> tuple[set[str], set[str]]:
    """Return a user's access keys as v2.0 and as v3 list them."""
    place = f"/users/{owner.user_id}/credentials/OS-EC2"
    listed = [api.ask("GET", place)["credentials"] for api in (cloud.v2(), cloud.v3())]
    return {one["access"] for one in listed[0]}, {one["access"] for one in listed[1]}
