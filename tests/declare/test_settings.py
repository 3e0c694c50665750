"""Each variable setup-tool reads: what it may hold, and what is taken for a slip of the pen."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret
from setup_tool.declare.fields import Database
from setup_tool.declare.inventory import (
    GroupMap,
    LoginOverride,
    Serial,
    Settings,
    make_inventory,
    parse_inventory,
)
from setup_tool.declare.settings import VARIABLES, is_slip

SLOW_MACHINES = hypothesis_settings(deadline=None)


def settings(variables: str) -> Settings:
    text = f"all:\n  vars:\n    {variables}\nproxy: {{hosts: {{p1: }}}}\n"
    return make_inventory(parse_inventory(text, "hosts.yaml")).nodes[0].settings


READ = {
    "os_cloud: lab": "lab",
    "os_cloud: 2024": "2024",
    "os_cloud: '0123'": "0123",
    "os_cloud: !unsafe 'a{{ b }}'": "a{{ b }}",
    "region: Région 1": "Région 1",
    "ec2: off": "off",
    "ec2: no": "off",
    "ec2: 'off'": "off",
    "ec2: standalone": "standalone",
    "s3: s3api": "s3api",
    "s3: off": "off",
    "firewall: off": "off",
    "ec2_url_public: https://ec2.example.org:8773/services/Cloud": (
        "https://ec2.example.org:8773/services/Cloud"
    ),
    "s3_url: 'http://[2001:db8::1]:8080'": "http://[2001:db8::1]:8080",
    "s3_login: {user: swift}": LoginOverride(user="swift"),
    "s3_login: {user: s, project: p, user_domain: u, project_domain: d, password: x}": (
        LoginOverride("s", "p", "u", "d", Secret("x"))
    ),
    "ec2_login: {user: ec2, password: }": LoginOverride(user="ec2"),
    "nova_conf: /etc/nova dir/nova.conf": "/etc/nova dir/nova.conf",
    "proxy_conf: ~/etc/swift/proxy-server.conf": "~/etc/swift/proxy-server.conf",
    "swift_version: 2.30": "2.30",
    "nova_version: 31": "31",
    "nova_version: 12.0.6": "12.0.6",
    "proxy_service: swift-proxy@1.service": "swift-proxy@1.service",
    "proxy_restart: ~/bin/proxy restart": "~/bin/proxy restart",
    "serial: 3": Serial(3),
    "serial: 25%": Serial(25, percent=True),
    "serial: '100%'": Serial(100, percent=True),
    "ec2_api_service: ec2": "ec2.service",
    "ec2_api_database: sqlite:////srv/ec2.db": Database("sqlite", Secret("sqlite:////srv/ec2.db")),
    "ec2_api_port: 18788": 18788,
    "in_place: /a": ("/a",),
    "in_place: [/a, ~/b]": ("/a", "~/b"),
    "group_map: {proxy: [proxy]}": GroupMap(),
}


@pytest.mark.parametrize(("variables", "value"), READ.items(), ids=list(READ))
def test_a_variable_is_read_as_what_it_means(variables: str, value: object) -> None:
    found = settings(variables)
    name = variables.partition(":")[0]
    assert getattr(found, name) == value
    assert str(found.origins[name]) == "hosts.yaml:3"


@pytest.mark.parametrize("variables", ["region:", "region: ~", "region: null", "kolla_x: 1"])
def test_what_is_not_said_has_its_default_and_no_origin(variables: str) -> None:
    assert settings(variables) == Settings()
    assert settings(variables).origins == {}


WRONG = {
    "region: ''": "region is empty",
    "region: yes": "it reads as a truth value",
    "region: 0123": "it reads as a number",
    "region: 1.10": "it reads as a number",
    "region: 2024-01-01": "it reads as a date",
    "region: !other x": "it reads as a tag",
    "region: [a]": "region wants a single value",
    "region: {a: b}": "region wants a single value",
    'region: "a\\nb"': "a line break",
    "region: !vault abc": "region is encrypted by itself",
    "ec2: on": "ec2 is one of auto, nova, standalone and off.",
    "ec2: standalon": "Did you mean standalone?",
    "s3: [s3api]": "s3 wants a single value",
    "s3_url: s3.example.org": "s3_url is a URL",
    "s3_url: ftp://s3.example.org": "s3_url is a URL",
    "s3_url: http://": "s3_url is a URL",
    "s3_url: http://h:99999": "s3_url is a URL",
    "s3_url: http://h/a b": "s3_url is a URL",
    "s3_url: http://me@h/": "s3_url carries a login",
    "s3_login: swift": "s3_login is a mapping; its keys are user, project,",
    "s3_login: {usr: swift}": "s3_login has no key usr; known are user, project, user_domain, "
    "project_domain and password. Did you mean user?",
    "s3_login: {user: a, user: b}": "s3_login has the key user twice",
    "s3_login: {password: 010}": "s3_login.password is no text to YAML",
    "nova_conf: nova.conf": "nova_conf is a path on the node",
    "nova_conf: ~root/nova.conf": "nova_conf is a path on the node",
    "state_dir: /var/lib/": "state_dir is a path on the node",
    "in_place: [/a, b]": "in_place is a path on the node",
    "nova_version: 2:26.2.2-1": "nova_version is a version",
    "nova_version: antelope": "nova_version is a version",
    "nova_version: true": "nova_version is a version",
    "proxy_service: a b": "proxy_service is the name of a systemd unit",
    "proxy_service: --now": "proxy_service is the name of a systemd unit",
    "ec2_api_conf: /etc/ec2 api/ec2api.conf": "ec2_api_conf is a path of letters, digits and",
    "ec2_api_bin: bin": "ec2_api_bin is a path on the node",
    "ec2_api_database: mysql://me:canary@db/x": "ec2_api_database is a SQLAlchemy URL that begins",
    "ec2_api_user: root": "ec2_api_user is the name of a system user other than root",
    "ec2_api_user: Ec2 Api": "ec2_api_user is the name of a system user other than root",
    "ec2_api_service: ec2@1": "ec2_api_service is the name of a plain unit",
    "ec2_api_port: 0": "ec2_api_port is a port",
    "ec2_api_libraries: newest": "ec2_api_libraries is one of auto, distribution and pinned.",
    "ec2_api_bin: /opt/bin\n    ec2_api_wheels: /srv/wheels": "Keep one of them.",
    "ec2_api_wheels: /srv/wheels\n    ec2_api_index: http://h/simple": "exclude each other",
    "ec2: standalone\n    ec2_api_conf: ~/ec2/ec2api.conf": "set ec2_api_restart to the command",
    "serial: 0": "serial cannot be used. It is a number of proxies from 1",
    "serial: 0%": "serial cannot be used",
    "serial: 101%": "serial cannot be used",
    "serial: -1": "serial cannot be used",
    "serial: 1.5": "serial cannot be used",
    "serial: all": "serial cannot be used",
    "serial: [1, 2]": "serial wants a single value",
    "region: a\n    region: b": "region stands here a second time; the first is at line 3",
    "ec2: nova\n    nova_version: 13.0.0": (
        "`ec2: nova` contradicts nova_version 13.0.0 (hosts.yaml:4)"
    ),
    "s3: s3api\n    swift_version: 2.17.1": (
        "`s3: s3api` contradicts swift_version 2.17.1 (hosts.yaml:4)"
    ),
    "s3: swift3\n    swift_version: '2.18'": (
        "`s3: swift3` contradicts swift_version 2.18 (hosts.yaml:4)"
    ),
}


@pytest.mark.parametrize(("variables", "sentence"), WRONG.items(), ids=list(WRONG))
def test_a_wrong_value_is_refused_with_its_place(variables: str, sentence: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        settings(variables)
    assert str(refusal.value).startswith(("hosts.yaml:3: ", "hosts.yaml:4: "))
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    "variables",
    [
        "ec2: nova\n    nova_version: 12.0.6",
        "ec2: nova\n    nova_version: 2015.1.2",
        "ec2: standalone\n    nova_version: 31.0.0",
        "s3: swift3\n    swift_version: 2.17.1",
        "s3: s3api\n    swift_version: 2.18",
        "s3: off\n    swift_version: 2.2",
    ],
)
def test_a_way_that_the_release_has_is_no_contradiction(variables: str) -> None:
    assert len(settings(variables).origins) == 2


def test_every_field_has_a_variable_and_every_variable_a_field() -> None:
    names = [field.name for field in dataclasses.fields(Settings)]
    assert names == [*VARIABLES, "origins"]


SLIPS = {
    "regoin": "region",
    "regin": "region",
    "regionn": "region",
    "Region": "region",
    "os-cloud": "os_cloud",
    "nova_verison": "nova_version",
    "proxy_cof": "proxy_conf",
    "known_host": "known_hosts",
    "sreial": "serial",
    "ec2_url": "ec2_url_public",
    "ec2_url_pubilc": "ec2_url_public",
    "s3_url_public": "s3_url",
    "s3_login_user": "s3_login",
    "EC2_URL_ADMIN": "ec2_url_admin",
}


@pytest.mark.parametrize(("name", "meant"), SLIPS.items())
def test_a_slip_of_the_pen_is_refused_with_what_was_meant(name: str, meant: str) -> None:
    with pytest.raises(
        DeclarationError, match=rf"variable {name} is not known. Did you mean {meant}\?"
    ):
        settings(f"{name}: x")


@pytest.mark.parametrize(
    "name",
    [
        *("regions", "serials", "os_clouds", "nova_versions", "region_name", "openstack_region"),
        *("s4", "ec1", "s3cmd", "ec3", "proxy_server", "nova_config", "proxy_config", "firewalld"),
        *("kolla_internal_vip_address", "nova_api_services", "neutron_region", "serial_port"),
    ],
)
def test_somebody_elses_variable_is_left_alone(name: str) -> None:
    assert settings(f"{name}: [anything, {{at: all}}]") == Settings()


def _one_slip(word: str) -> set[str]:
    """All words that are one letter missing, added, wrong or swapped away."""
    letters = "abcdefghijklmnopqrstuvwxyz_0123456789"
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    missing = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    wrong = {a + c + b[1:] for a, b in cuts if b for c in letters}
    added = {a + c + b for a, b in cuts for c in letters}
    own_words = {word + c for c in letters if c != word[-1]}
    return (missing | swapped | wrong | added) - {word} - own_words


@SLOW_MACHINES
@given(st.text("abcd", min_size=1, max_size=5), st.text("abcd", min_size=1, max_size=6))
def test_a_slip_is_what_one_edit_makes(known: str, name: str) -> None:
    assert is_slip(known, name) == (name in _one_slip(known))


@pytest.mark.parametrize(
    ("serial", "total", "batch"),
    [("1", 10, 1), ("3", 2, 3), ("25%", 10, 2), ("1%", 10, 1), ("100%", 7, 7), ("50%", 3, 1)],
)
def test_a_percentage_is_rounded_down_but_never_to_none(
    serial: str, total: int, batch: int
) -> None:
    assert Serial.parse(serial).of(total) == batch
    assert str(Serial.parse(serial)) == serial
