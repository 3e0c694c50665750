"""The files of boto, euca2ools, rclone, mc, s3fs and restic, read back by their programs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.adapters.files import LocalFiles
from setup_tool.core.content import Content
from setup_tool.core.credential import CloudUrls, Credential, KeyPair, Owner
from setup_tool.core.errors import DeclarationError
from setup_tool.core.gateway import GatewayLimits
from setup_tool.core.secret import Secret, joined, masked
from setup_tool.credentials.bundle import BundleFile, render_bundle, write_bundle
from setup_tool.credentials.clients import CLIENTS, chosen

INSTALLED = Path(__file__).parents[2] / ".cache" / "clients" / "bin"
SECRET = "kanarienvogel-im-buendel"
CREDENTIAL = Credential(Owner("5e", "alice", "9a", "demo"), KeyPair("0123abc", Secret(SECRET)))
ROTATED = replace(CREDENTIAL, pair=KeyPair("0456def", Secret("neuer-vogel")))
URLS = CloudUrls(
    "http://keystone:5000/v3",
    "RegionOne",
    "gateway-1",
    "http://gateway:8080/",
    "http://cloud:8788/services/Cloud",
)
OTHER_CLOUD = replace(URLS, s3="http://elsewhere:8080", ec2="http://elsewhere:8788/")
PEM = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
PRIVATE = replace(URLS, s3="https://gateway", ca_certificates=PEM)
LIMITS = GatewayLimits(1000, 20 * 1024 * 1024, allow_multipart_uploads=True)

INI = ".euca/euca2ools.ini"
RCLONE = ".config/rclone/rclone.conf"
MC = ".mc/config.json"


def rendered(
    existing: dict[str, str] | None = None,
    *,
    clients: tuple[str, ...] = (),
    credential: Credential = CREDENTIAL,
    urls: CloudUrls = URLS,
    profile: str = "demo",
    **options: Any,
) -> tuple[BundleFile, ...]:
    return render_bundle(
        credential,
        urls,
        {path: Content(text.encode()) for path, text in (existing or {}).items()},
        directory="/it's a bundle",
        profile=profile,
        clients=chosen(clients),
        **options,
    )


def text_of(path: str, *clients: str, **options: Any) -> str:
    (file,) = (file for file in rendered(clients=clients, **options) if file.path == path)
    return joined(file.content).reveal()


def written(directory: Path, **options: Any) -> Path:
    write_bundle(LocalFiles(), str(directory), CREDENTIAL, **({"urls": URLS} | options))
    return directory


def said(script: str, path: Path, **environ: str) -> Any:
    """Return the JSON that a script prints in the environment that the clients have."""
    ran = subprocess.run(
        [INSTALLED / "python", "-W", "ignore", "-c", script, str(path)],
        env={"PATH": os.environ["PATH"]} | environ,
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(ran.stdout)


def read_by_rclone(path: Path) -> dict[str, dict[str, str]]:
    command = [INSTALLED / "rclone", "--config", path, "config", "dump"]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


READ_BY_EUCA2OOLS = """
import json, sys
from requestbuilder.config import ConfigData
found = ConfigData([sys.argv[1]])
print(json.dumps([found.globals, found.regions, found.users]))
"""

READ_BY_BOTO = """
import json, boto
found = boto.connect_s3()
print(json.dumps({
    "access": found.access_key, "secret": found.secret_key, "host": found.host,
    "port": found.port, "secure": found.is_secure, "ca": found.ca_certificates_file,
    "validate": found.https_validate_certificates, "format": type(found.calling_format).__name__,
    "noted": boto.config.getint("s3", "port", 0),
}))
"""


def test_rendering_again_changes_nothing_in_any_file() -> None:
    first = {file.path: joined(file.content).reveal() for file in rendered(urls=PRIVATE)}
    again = rendered(first, urls=PRIVATE)
    assert [file.path for file in again if file.changed] == []


def test_the_secret_stands_in_no_file_openly_and_files_and_directories_are_private(
    tmp_path: Path,
) -> None:
    assert SECRET not in "".join(masked(file.content) for file in rendered())
    umask = os.umask(0)
    try:
        places = list(written(tmp_path / "keys", urls=PRIVATE).rglob("*"))
    finally:
        os.umask(umask)
    assert {stat.S_IMODE(place.stat().st_mode) for place in places if place.is_file()} == {0o600}
    assert {stat.S_IMODE(place.stat().st_mode) for place in places if place.is_dir()} == {0o700}


@pytest.mark.parametrize("client", [client.name for client in CLIENTS])
def test_every_client_has_a_page(client: str) -> None:
    pages = Path(__file__).parents[2] / "docs" / "clients"
    assert (pages / f"{client}.md").is_file()
    index = pages.parent / "clients.md"
    assert f"(clients/{client}.md)" in index.read_text(encoding="utf-8")


# eucarc

POINTERS = {
    "AWS_CONFIG_FILE": ".aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials",
    "S3CMD_CONFIG": ".s3cfg",
    "EUCA_CONFIG_PATH": INI,
    "BOTO_CONFIG": ".boto",
    "RCLONE_CONFIG": RCLONE,
    "MC_CONFIG_DIR": ".mc",
    "AWS_CA_BUNDLE": "ca.pem",
    "RCLONE_CA_CERT": "ca.pem",
    "RESTIC_CACERT": "ca.pem",
}


def sourced(eucarc: Path) -> dict[str, str]:
    """Return what a shell has that was led to other files before."""
    ran = subprocess.run(
        ["/bin/sh", "-c", '. "$1" && env', "sh", str(eucarc)],
        env=dict.fromkeys(POINTERS, "/stale") | {"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        text=True,
    )
    return dict(line.split("=", 1) for line in ran.stdout.splitlines())


def test_a_shell_that_sourced_eucarc_leads_each_client_to_its_file(tmp_path: Path) -> None:
    found = sourced(written(tmp_path, urls=PRIVATE) / "eucarc")
    assert {name: found[name] for name in POINTERS} == {
        name: str(tmp_path / path) for name, path in POINTERS.items()
    }
    assert all((tmp_path / path).exists() for path in POINTERS.values())


def test_it_leads_to_no_file_of_a_client_that_was_not_chosen(tmp_path: Path) -> None:
    found = sourced(written(tmp_path, clients=chosen(["eucarc", "rclone"])) / "eucarc")
    assert set(POINTERS) & set(found) == {"RCLONE_CONFIG"}
    assert found["AWS_REQUEST_CHECKSUM_CALCULATION"] == "when_required"


# A private authority


def test_every_client_points_to_the_copy_of_the_certificates(tmp_path: Path) -> None:
    keys = written(tmp_path / "keys", urls=replace(PRIVATE, ca_bundle="/not/this"))
    copy = keys / "ca.pem"
    assert copy.read_text().endswith(PEM)
    assert (keys / ".mc/certs/CAs/demo.crt").read_text().endswith(PEM)
    naming = {
        str(path.relative_to(keys))
        for path in keys.rglob("*")
        if path.is_file() and str(copy) in path.read_text()
    }
    # euca2ools and rclone.conf cannot name one: eucarc does for rclone.
    named = ("eucarc", ".s3cfg", ".aws/config", "aws.env", ".boto", "s3fs-mount.sh", "restic.env")
    assert set(named) <= naming
    assert not {INI, RCLONE} & naming
    assert f"RCLONE_CA_CERT='{copy}'" in (keys / "eucarc").read_text()
    assert "/not/this" not in "".join(p.read_text() for p in keys.rglob("*") if p.is_file())


def test_without_one_no_certificates_are_written() -> None:
    assert not [file.path for file in rendered() if "ca.pem" in file.path or "CAs" in file.path]


def test_the_certificates_of_another_cloud_in_the_same_directory_stay() -> None:
    other = PEM.replace("MAA=", "MAEA")
    before = text_of("ca.pem", "aws", urls=replace(PRIVATE, ca_certificates=other))
    after = text_of("ca.pem", "aws", urls=PRIVATE, existing={"ca.pem": before})
    assert after == before + PEM


def test_a_file_called_ca_pem_that_is_not_ours_is_refused() -> None:
    with pytest.raises(
        DeclarationError, match=r"a file that setup-tool did not write in .*ca\.pem"
    ):
        rendered({"ca.pem": PEM}, urls=PRIVATE)


# euca2ools


def test_euca2ools_reads_a_region_and_its_user(tmp_path: Path) -> None:
    keys = written(tmp_path)
    found_global, regions, users = said(READ_BY_EUCA2OOLS, keys / INI)
    assert found_global == {"default-region": "demo"}
    assert users == {"demo": {"key-id": "0123abc", "secret-key": SECRET}}
    assert regions == {
        "demo": {
            "user": "demo",
            "name": "gateway-1",
            "ec2-url": URLS.ec2,
            "s3-url": "http://gateway:8080",
            "s3-force-sigv4": "true",
            "verify-ssl": "true",
        }
    }


EUCA2OOLS_BEFORE = """\
; my clouds
[global]
default-region: cloud

[region cloud]
ec2-url=http://10.1.1.1:8773/services/compute
user = 123456789012:admin
[user 123456789012:admin]
key-id = AK#1
secret-key =  a "b", c
"""


def test_the_default_region_and_other_regions_stay_in_a_file_of_euca2ools(tmp_path: Path) -> None:
    after = text_of(INI, existing={INI: EUCA2OOLS_BEFORE})
    assert after.startswith(EUCA2OOLS_BEFORE + "\n[user demo]\n")
    path = tmp_path / "mine.ini"
    path.write_text(after)
    found_global, regions, users = said(READ_BY_EUCA2OOLS, path)
    assert found_global == {"default-region": "cloud"}
    assert set(regions) == {"cloud", "demo"}
    assert users["123456789012:admin"] == {"key-id": "AK#1", "secret-key": 'a "b", c'}


# boto 2


def test_boto_reads_keys_host_and_path_style(tmp_path: Path) -> None:
    keys = written(tmp_path, urls=replace(PRIVATE, ec2=None))
    found = said(READ_BY_BOTO, keys, BOTO_CONFIG=str(keys / ".boto"))
    assert found == {
        "access": "0123abc",
        "secret": SECRET,
        "host": "gateway",
        "port": 443,
        "secure": True,
        "ca": str(keys / "ca.pem"),
        "validate": True,
        "format": "OrdinaryCallingFormat",
        "noted": 0,
    }


@pytest.mark.parametrize(("ec2", "port"), [(None, 8080), (URLS.ec2, 80)])
def test_boto_is_given_a_port_only_where_it_would_not_send_ec2_there(
    tmp_path: Path, ec2: str | None, port: int
) -> None:
    keys = written(tmp_path, urls=replace(URLS, ec2=ec2))
    found = said(READ_BY_BOTO, keys, BOTO_CONFIG=str(keys / ".boto"))
    assert (found["host"], found["port"], found["noted"]) == ("gateway", port, 8080)
    assert found["secure"] is False


BOTO_BEFORE = """\
[Credentials]
# for Google
gs_oauth2_refresh_token = 1/abc#d
aws_access_key_id: 0123abc
aws_secret_access_key =old
[Boto]
num_retries = 10
; my proxy
proxy = 10.0.0.1
"""


def test_what_gsutil_and_others_keep_in_a_boto_file_stays() -> None:
    after = text_of(".boto", existing={".boto": BOTO_BEFORE})
    expected = BOTO_BEFORE.replace("=old", f"= {SECRET}")
    expected = expected.replace("10.0.0.1\n", "10.0.0.1\nis_secure = False\n")
    assert after.startswith(expected + "\n[s3]\nhost = gateway\n")


# rclone


def test_rclone_reads_a_remote(tmp_path: Path) -> None:
    found = read_by_rclone(written(tmp_path, limits=LIMITS) / RCLONE)
    assert found == {
        "demo": {
            "type": "s3",
            "provider": "Other",
            "env_auth": "false",
            "access_key_id": "0123abc",
            "secret_access_key": SECRET,
            "endpoint": "http://gateway:8080",
            "region": "gateway-1",
            "force_path_style": "true",
            "max_upload_parts": "1000",
            "chunk_size": "20Mi",
        }
    }


RCLONE_BEFORE = """\
# my remotes
[drive]
type = drive
token = {"access_token":"x#y","expiry":"2026"}
empty =

[demo]
type=s3
; my choice
acl : private
access_key_id = 0123abc
session_token = old
 endpoint = http://gateway:8080
"""


def test_only_what_differs_in_a_remote_is_touched(tmp_path: Path) -> None:
    after = text_of(RCLONE, existing={RCLONE: RCLONE_BEFORE})
    kept = RCLONE_BEFORE.replace("session_token = old\n", "")
    assert after.startswith(kept + " provider = Other\n")
    path = tmp_path / "rclone.conf"
    path.write_text(after)
    found = read_by_rclone(path)
    assert found["drive"]["token"] == '{"access_token":"x#y","expiry":"2026"}'
    assert found["demo"]["acl"] == "private"
    assert found["demo"]["secret_access_key"] == SECRET
    assert "session_token" not in found["demo"]


NAMES = st.sampled_from(["type", "Type", "acl", "endpoint", "provider", "env_auth", "token"])
# what begins with three quotes has to end with them, or rclone reads nothing of the file
VALUES = st.text('ab#;,"=: ', max_size=6).map(str.strip).filter(lambda v: not v.startswith('"""'))
LINES = st.one_of(
    st.sampled_from(["", "# note", "; note", "[drive]", "[demo]", "[ demo ]"]),
    st.builds("{}{}{}".format, NAMES, st.sampled_from(["=", " = ", ": ", " :"]), VALUES),
)


@settings(deadline=None, max_examples=20)
@given(lines=st.lists(LINES, max_size=8), end=st.sampled_from(["", "\n"]))
def test_rclone_reads_what_was_declared_and_everything_else_as_before(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str
) -> None:
    path = tmp_path_factory.mktemp("rclone") / "rclone.conf"
    path.write_text(before := "\n".join(["[drive]", *lines]) + end)
    found = read_by_rclone(path)
    path.write_text(text_of(RCLONE, "rclone"))
    declared = read_by_rclone(path)["demo"]
    after = text_of(RCLONE, "rclone", existing={RCLONE: before}, replace=True)
    path.write_text(after)
    assert read_by_rclone(path) == found | {"demo": found.get("demo", {}) | declared}


def test_a_file_that_rclone_has_encrypted_is_refused() -> None:
    with pytest.raises(DeclarationError, match="rclone has encrypted this file"):
        rendered({RCLONE: "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc\n"})


# mc

MC_BEFORE = """\
{
  "version": "10",
  "aliases": {
    "play": {"url": "https://play.min.io", "accessKey": "Q\\u0033", "secretKey": "z"},
    "demo": {
      "url": "http://gateway:8080", "accessKey": "0123abc",
      "secretKey": "old",
      "license": ""
    }
  }
}"""


def test_an_alias_of_mc_is_updated_and_the_others_stay_byte_for_byte() -> None:
    after = text_of(MC, existing={MC: MC_BEFORE})
    assert after == MC_BEFORE.replace('"old"', f'"{SECRET}"').replace(
        '"license": ""', '"license": "",\n      "api": "S3v4",\n      "path": "on"'
    )


def test_an_alias_is_added_beside_the_others() -> None:
    before = '{\n\t"version": "10",\n\t"aliases": {\n\t\t"x": {\n\t\t\t"url": "u"\n\t\t}\n\t}\n}\n'
    after = text_of(MC, existing={MC: before})
    new = text_of(MC).partition('"aliases": {\n\t\t')[2].partition("\n\t}\n}")[0]
    assert after == before.replace("\t\t}\n\t}", f"\t\t}},\n\t\t{new}\n\t}}")


@pytest.mark.parametrize("before", ["{}", '{"aliases": {}}', '{"version": "10"}', " \n"])
def test_a_nearly_empty_file_of_mc_gets_what_it_lacks(before: str) -> None:
    found = json.loads(text_of(MC, existing={MC: before}))
    assert found == json.loads(text_of(MC))


@pytest.mark.parametrize(
    ("before", "problem"),
    [
        ("[]", "line 1: this is JSON, but no object"),
        ('{"aliases": 3}', "line 1: the place of demo is no object"),
        ('{\n"a": 1,\n}', "line 3: this is not JSON"),
        ('{"a": 1, "a": 2}', "two members of one name"),
    ],
)
def test_what_mc_could_not_use_is_refused(before: str, problem: str) -> None:
    with pytest.raises(DeclarationError, match=problem):
        rendered({MC: before})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(
    aliases=st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=3),
    indent=st.sampled_from([None, 2, "\t"]),
)
def test_mc_reads_what_was_declared_and_everything_else_as_before(
    aliases: dict[str, Any], indent: int | str | None
) -> None:
    before = {"version": "10", "more": [1], "aliases": aliases}
    after = text_of(MC, "mc", existing={MC: json.dumps(before, indent=indent)})
    declared = json.loads(text_of(MC, "mc"))["aliases"]
    assert json.loads(after) == before | {"aliases": aliases | declared}


@pytest.mark.parametrize(
    ("profile", "alias"), [("demo", "demo"), ("a.b", "a-b"), ("1st", "s3-1st"), ("x", "s3-x")]
)
def test_an_alias_has_letters_that_mc_takes(profile: str, alias: str) -> None:
    assert list(json.loads(text_of(MC, profile=profile))["aliases"]) == [alias]


# s3fs


def test_the_password_file_has_one_login_for_every_bucket() -> None:
    before = "# mine\nbackup:AK:SK\n"
    ours = f"# setup-tool: http://gateway:8080\n0123abc:{SECRET}\n"
    after = text_of(".passwd-s3fs", existing={".passwd-s3fs": before})
    assert after == before + ours
    rotated = text_of(
        ".passwd-s3fs", existing={".passwd-s3fs": after + "more:A:B"}, credential=ROTATED
    )
    new = ours.replace("0123abc", "0456def").replace(SECRET, "neuer-vogel")
    assert rotated == before + new + "more:A:B"


@pytest.mark.parametrize("before", ["AK:SK\n", "# setup-tool: http://elsewhere\nAK:SK\n"])
def test_another_login_for_every_bucket_is_refused(before: str) -> None:
    with pytest.raises(DeclarationError, match="There is already the access key AK for") as raised:
        rendered({".passwd-s3fs": before})
    assert "SK" not in str(raised.value)


@pytest.mark.parametrize("secret", ["a:b", "a b"])
def test_a_key_that_s3fs_would_cut_is_refused(secret: str) -> None:
    credential = replace(CREDENTIAL, pair=KeyPair("a", Secret(secret)))
    with pytest.raises(DeclarationError, match="s3fs cannot read a key with a colon or a blank"):
        rendered(credential=credential, clients=("s3fs",))


def test_the_mount_script_hands_its_options_over(tmp_path: Path) -> None:
    keys = written(tmp_path / "it's, a bundle", urls=PRIVATE, limits=LIMITS)
    fake = tmp_path / "bin" / "s3fs"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$CURL_CA_BUNDLE" "$@"\n')
    fake.chmod(0o700)
    ran = subprocess.run(
        ["/bin/sh", str(keys / "s3fs-mount.sh"), "bucket", "/mnt/my place", "-f"],
        env={"PATH": f"{fake.parent}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        text=True,
    )
    escaped = str(keys).replace(",", "\\,")
    options = (
        f"passwd_file={escaped}/.passwd-s3fs,url=https://gateway,use_path_request_style,"
        "endpoint=gateway-1,multipart_size=20"
    )
    expected = [str(keys / "ca.pem"), "bucket", "/mnt/my place", "-o", options, "-f"]
    assert ran.stdout.splitlines() == expected


# Environment files


def test_an_env_file_keeps_what_is_the_owners_and_drops_other_logins() -> None:
    before = (
        "# mine\nexport TZ=UTC\nAWS_ACCESS_KEY_ID=0123abc\nAWS_SESSION_TOKEN=x\nAWS_CA_BUNDLE=/y"
    )
    after = text_of("aws.env", existing={"aws.env": before})
    assert after.startswith(
        f"# mine\nexport TZ=UTC\nAWS_ACCESS_KEY_ID=0123abc\nAWS_SECRET_ACCESS_KEY={SECRET}\n"
    )
    assert "TOKEN" not in after
    assert "CA_BUNDLE" not in after


def test_env_and_a_shell_read_the_same_from_an_env_file(tmp_path: Path) -> None:
    path = written(tmp_path) / "aws.env"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    script = 'set -a; . "$1"; shift; exec "$@"'
    for command in (["env", "-i", *lines, "env"], ["sh", "-c", script, "sh", str(path), "env"]):
        ran = subprocess.run(command, capture_output=True, check=True, text=True)
        assert set(lines) <= set(ran.stdout.splitlines())


@pytest.mark.parametrize("secret", ["a$b", "'ab", "a\\b", "a #b"])
def test_a_value_that_readers_of_env_files_take_differently_is_refused(secret: str) -> None:
    credential = replace(CREDENTIAL, pair=KeyPair("a", Secret(secret)))
    with pytest.raises(DeclarationError, match="AWS_SECRET_ACCESS_KEY alike") as raised:
        rendered(credential=credential, clients=("env",))
    assert secret not in str(raised.value)


def test_a_repository_in_the_same_gateway_stays_and_one_elsewhere_goes() -> None:
    ours = text_of("restic.env")
    mine = ours.replace("/restic\n", "/my-bucket/host\nRESTIC_PASSWORD_FILE=/etc/restic\n")
    assert text_of("restic.env", existing={"restic.env": mine}) == mine
    moved = text_of("restic.env", existing={"restic.env": mine}, urls=OTHER_CLOUD)
    assert "RESTIC_REPOSITORY=s3:http://elsewhere:8080/restic\n" in moved
    assert "RESTIC_PASSWORD_FILE=/etc/restic\n" in moved


# Whose settings these are


SINGLE = ("s3cmd", "env", "boto", "s3fs", "restic", "eucarc")
"""Clients whose files are for one cloud."""


@pytest.mark.parametrize("client", [client.name for client in CLIENTS])
def test_a_key_that_was_rotated_takes_the_old_ones_place(client: str) -> None:
    first = {file.path: joined(file.content).reveal() for file in rendered(clients=(client,))}
    again = rendered(first, clients=(client,), credential=ROTATED)
    kept = {joined(file.content).reveal() for file in again if file.copy}
    assert kept <= set(first.values())
    assert SECRET not in "".join(joined(f.content).reveal() for f in again if not f.copy)


@pytest.mark.parametrize("client", [*SINGLE, "euca2ools", "aws", "rclone", "mc"])
def test_the_settings_of_another_cloud_are_refused(client: str) -> None:
    first = {file.path: joined(file.content).reveal() for file in rendered(clients=(client,))}
    with pytest.raises(DeclarationError, match=r"There is already .*0123abc"):
        rendered(first, clients=(client,), credential=ROTATED, urls=OTHER_CLOUD)


@pytest.mark.parametrize("client", ["euca2ools", "aws", "rclone", "mc"])
def test_clouds_live_beside_each_other_under_their_profiles(client: str) -> None:
    options = {"clients": (client,), "credential": ROTATED, "urls": OTHER_CLOUD, "profile": "far"}
    first = {file.path: joined(file.content).reveal() for file in rendered(clients=(client,))}
    both = rendered(first, **options)
    texts = {file.path: joined(file.content).reveal() for file in both}
    everything = "".join(texts.values())
    assert SECRET in everything
    assert "neuer-vogel" in everything
    assert [file.path for file in rendered(texts, clients=(client,)) if file.changed] == []
