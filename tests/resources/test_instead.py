"""What a plan says to put into the system that a file belongs to."""

from __future__ import annotations

import pytest

from setup_tool.core.secret import Secret
from setup_tool.editors.managed_by import System
from setup_tool.resources.instead import Written, instead

CANARY = "canary-of-swift"
PROXY = (
    Written("pipeline:main", "pipeline", "cache authtoken s3api s3token keystoneauth"),
    Written("filter:s3api", "use", "egg:swift#s3api"),
    Written("filter:s3api", "location", "RegionOne"),
    Written("filter:s3token", "password", Secret(CANARY)),
    Written("filter:s3token", "user_domain_name", "Default"),
    Written("filter:s3token", "trust_id", None),
    Written("app:proxy-server", "account_autocreate", "true"),
    Written("filter:authtoken", "delay_auth_decision", "true"),
)
NOVA = (Written("DEFAULT", "enabled_apis", "ec2,osapi_compute"),)
INI = """\
  [pipeline:main]
  pipeline = cache authtoken s3api s3token keystoneauth
  [filter:s3api]
  use = egg:swift#s3api
  location = RegionOne
  [filter:s3token]
  password = ********
  user_domain_name = Default
  (without trust_id)
  [app:proxy-server]
  account_autocreate = true
  [filter:authtoken]
  delay_auth_decision = true"""
HIERA = """\
  swift::proxy::pipeline: [cache, authtoken, s3api, s3token, keystoneauth]
  swift::proxy::s3api::location: RegionOne
  swift::proxy::s3token::password: '********'
  swift::proxy::account_autocreate: true
  swift::proxy::authtoken::delay_auth_decision: true
  swift_proxy_config { 'filter:s3token/user_domain_name': value => 'Default' }
  swift_proxy_config { 'filter:s3token/trust_id': ensure => absent }"""


@pytest.mark.parametrize(
    ("system", "place", "options"),
    [
        (System.KOLLA, "/etc/kolla/config/swift/proxy-server.conf", INI),
        (System.ANSIBLE, "swift_proxy_server_conf_overrides", INI),
        (System.CHEF, "cookbook", INI),
        (System.SALT, "pillar", INI),
        (System.REPOSITORY, "repository", INI),
        (System.PUPPET, "Hiera", HIERA),
        (System.TRIPLEO, "ExtraConfig", HIERA),
    ],
)
def test_a_proxy_s_options_are_said_in_the_terms_of_each_system(
    system: System, place: str, options: str
) -> None:
    head, *lines = instead(system, PROXY, swift=True)
    assert place in head
    assert "\n".join(lines) == options


def test_the_swift_charm_has_options_for_some_and_a_template_for_the_rest() -> None:
    lines = instead(System.JUJU, PROXY, swift=True)
    assert lines[:3] == (
        "In Juju:",
        "  juju config swift-proxy region=RegionOne",
        "  juju config swift-proxy delay-auth-decision=true",
    )
    assert "no option for the rest" in lines[3]
    assert "  location = RegionOne" not in lines
    assert "  password = ********" in lines


@pytest.mark.parametrize(
    ("system", "place", "line"),
    [
        (
            System.KOLLA,
            "/etc/kolla/config/nova/nova-api.conf",
            "  enabled_apis = ec2,osapi_compute",
        ),
        (System.ANSIBLE, "nova_nova_conf_overrides", "  enabled_apis = ec2,osapi_compute"),
        (System.JUJU, "config-flags", "  enabled_apis = ec2,osapi_compute"),
        (
            System.PUPPET,
            "Puppet",
            "  nova_config { 'DEFAULT/enabled_apis': value => 'ec2,osapi_compute' }",
        ),
    ],
)
def test_nova_s_options_have_places_of_their_own(system: System, place: str, line: str) -> None:
    lines = instead(system, NOVA, swift=False)
    assert place in lines[0]
    assert lines[-1] == line


@pytest.mark.parametrize("system", list(System))
def test_no_system_is_told_a_secret(system: System) -> None:
    assert CANARY not in "\n".join(instead(system, PROXY, swift=True))
    assert CANARY not in repr(PROXY)
