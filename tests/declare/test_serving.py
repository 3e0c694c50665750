"""What files that were brought back make a node serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from setup_tool.core.errors import DeclarationError
from setup_tool.core.queries import ReadFile
from setup_tool.declare.inventory import make_inventory, parse_inventory
from setup_tool.declare.questions import first_questions
from setup_tool.declare.serving import Serving, serving
from setup_tool.wiring import load_roles
from tests.scenarios.scenario import make_cloud, ready

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES = load_roles()
HEALTH = "http://127.0.0.1:8080/healthcheck"
PASTE = """[DEFAULT]
bind_ip = 127.0.0.1
[pipeline:main]
pipeline = cache authtoken {s3} keystoneauth slo proxy-server
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
auth_type = password
auth_url = http://keystone:5000
username = swift
password = canary
project_name = service
[filter:s3api]
use = egg:swift#s3api
[filter:s3token]
use = egg:swift#s3token
[filter:keystoneauth]
use = egg:swift#keystoneauth
[filter:cache]
use = egg:swift#memcache
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
"""


def served(given: Mapping[str, Any], **variables: Any) -> Serving:
    cloud = make_cloud({**ready(), "all": variables, "node": given})
    (node,) = make_inventory(parse_inventory(cloud.inventory, "inventory.yaml")).nodes
    machine = cloud.machines["node"]
    facts = {query: machine.ask(query) for query in first_questions(node)}
    facts |= {query: machine.ask(query) for query in map(ReadFile, machine.others)}
    return serving(ROLES, node, facts)


EC2_API = """[DEFAULT]
ec2api_listen = 192.0.2.9
ec2api_listen_port = 18788
"""


def test_an_ec2_api_is_asked_where_its_file_has_it_listen() -> None:
    given = {
        "group": "controller",
        "package": "2:26.2.2-1",
        "file": "[DEFAULT]\nmy_ip = 192.0.2.9\n",
        "ec2_api": {"files": {"/etc/ec2api/ec2api.conf": EC2_API}},
    }
    (_, service) = served(given, ec2="standalone").services
    assert service.control.health_url == "http://192.0.2.9:18788/"
    assert service.control.reads == (
        "/etc/ec2api/ec2api.conf",
        "/etc/ec2api/api-paste.ini",
        "/opt/setup-tool/ec2-api/setup_tool_keystone_auth.py",
        "/opt/setup-tool/ec2-api/setup_tool_corrections.py",
        "/etc/systemd/system/ec2-api.service",
    )
    assert service.control.own_unit


def proxy(text: str, **variables: Any) -> Serving:
    return served({"group": "proxy", "file": text}, **variables)


def controller(text: str, release: str = "2:12.0.6-0", **variables: Any) -> Serving:
    return served({"group": "controller", "file": text, "package": release}, **variables)


def test_a_proxy_without_s3_is_proven_by_a_native_request_alone() -> None:
    found = proxy(PASTE.format(s3=""))
    assert [service.control.name for service in found.services] == ["swift-proxy"]
    assert found.services[0].control.reads == ("/etc/swift/proxy-server.conf",)
    assert (found.health_url, found.location) == (HEALTH, None)
    assert found.proxy is not None
    assert found.proxy.node.name == "node"


def test_a_proxy_with_s3_must_sign_for_the_location_that_its_file_names() -> None:
    text = PASTE.format(s3="s3api s3token")
    assert proxy(text).location == "us-east-1"
    named = text.replace("egg:swift#s3api\n", "egg:swift#s3api\nlocation = Here\n")
    assert proxy(named).location == "Here"
    assert proxy(named.replace("s3api s3token", "")).location is None, "it is not in the pipeline"


def test_a_proxy_of_swift3_is_proven_by_the_older_signature_whatever_its_release() -> None:
    text = PASTE.format(s3="").replace("cache authtoken", "cache swift3 s3token authtoken")
    text += "[filter:swift3]\nuse = egg:swift3#swift3\n"
    for swift3 in (None, "1.11.0-1"):
        given = {"group": "proxy", "file": text, "package": "2.15.2-1", "swift3": swift3}
        found = served(given)
        assert (found.health_url, found.location, found.signature) == (HEALTH, "US", "v2")
    assert proxy(PASTE.format(s3="s3api s3token")).signature == "v4"


@pytest.mark.parametrize("variables", [{"s3": "off"}, {"s3": "s3api"}, {"s3_location": "There"}])
def test_what_the_inventory_wants_plays_no_part(variables: dict[str, Any]) -> None:
    found = proxy(PASTE.format(s3=""), **variables)
    assert len(found.services) == 1
    assert (found.health_url, found.location) == (HEALTH, None)


def test_a_proxy_of_tempauth_has_a_service_and_nobody_to_sign_for() -> None:
    found = proxy("[pipeline:main]\npipeline = cache tempauth slo proxy-server\n")
    assert len(found.services) == 1
    assert found.health_url is None


def test_a_controller_is_asked_at_an_api_that_its_file_has() -> None:
    def url(found: Serving) -> str:
        (service,) = found.services
        assert service.control.reads == ("/etc/nova/nova.conf",)
        return service.control.health_url

    assert url(controller("[DEFAULT]\nenabled_apis = osapi_compute,metadata\n")).endswith(":8774/")
    assert url(controller("[DEFAULT]\nenabled_apis = ec2,osapi_compute\n")).endswith(
        ":8773/services/Cloud"
    )
    modern = controller("[DEFAULT]\nenabled_apis = ec2,osapi_compute\n", "2:26.2.2-1", ec2="off")
    assert url(modern).endswith(":8774/")


def test_files_that_nova_api_does_not_read_have_no_reader() -> None:
    other = {"/opt/nova.conf": "[DEFAULT]\n"}
    started = {"program": "nova-api", "told_files": True, "told": list(other)}
    given = {"group": "controller", "file": "[DEFAULT]\n", "others": other, "oslo": started}
    assert served(given) == Serving()


def test_a_file_that_was_not_there_has_no_reader_of_its_own() -> None:
    assert served({"group": "proxy", "file": None}) == Serving()
    assert served({"group": "controller", "file": None}) == Serving()


def test_a_file_that_its_service_could_not_read_is_refused_with_its_place() -> None:
    with pytest.raises(DeclarationError, match=r"node: /etc/swift/proxy-server\.conf"):
        proxy("not an ini file\n")
