"""Bundles, read back by the programs they are for."""

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import botocore.session
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
from setup_tool.credentials.clients import chosen, paths
from setup_tool.credentials.values import profile_name
from setup_tool.editors.client.aws import read_aws_profile
from setup_tool.editors.client.eucarc import read_eucarc

FIRST = chosen(["eucarc", "s3cmd", "aws"])
"""The clients that these tests are about; those of the others are in a file of their own."""

PATHS = paths(FIRST, "demo")
INSTALLED = Path(__file__).parents[2] / ".cache" / "clients"
SHELLS = [shell for shell in ("sh", "bash", "dash", "zsh", "mksh") if shutil.which(shell)]

SECRET = "kanarienvogel-im-buendel"
CREDENTIAL = Credential(Owner("5e", "alice", "9a", "demo"), KeyPair("0123abc", Secret(SECRET)))
URLS = CloudUrls(
    "http://keystone:5000/v3",
    "RegionOne",
    "gateway-1",
    "http://gateway:8080/",
    "http://cloud:8788/services/Cloud",
)
LIMITS = GatewayLimits(1000, 1, allow_multipart_uploads=True)


Write = Callable[..., Path]
OpenSession = Callable[..., botocore.session.Session]


def rendered(
    existing: dict[str, str] | None = None,
    *,
    credential: Credential = CREDENTIAL,
    urls: CloudUrls = URLS,
    directory: str = "/bundle",
    **options: Any,
) -> tuple[BundleFile, ...]:
    contents = {path: Content(text.encode()) for path, text in (existing or {}).items()}
    options = {"profile": "demo", "clients": FIRST} | options
    return render_bundle(credential, urls, contents, directory=directory, **options)


def texts(bundle: Iterable[BundleFile]) -> dict[str, str]:
    return {file.path: joined(file.content).reveal() for file in bundle}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a bundle and return its directory."""

    def write(credential: Credential = CREDENTIAL, urls: CloudUrls = URLS, **options: Any) -> Path:
        directory = tmp_path / "it's a bundle"
        options = {"clients": FIRST} | options
        write_bundle(LocalFiles(), str(directory), credential, urls, **options)
        return directory

    return write


def sourced(shell: str, eucarc: Path, **before: str) -> tuple[dict[str, str], str]:
    """Return the variables after sourcing, and what was said on stderr."""
    program = shutil.which(shell)
    script = 'set -eu; . "$1"; env -0'
    ran = subprocess.run(
        [program, "-c", script, "sh", str(eucarc)],
        env={"PATH": os.environ["PATH"]} | before,
        capture_output=True,
        check=True,
    )
    pairs = (line.partition("=") for line in ran.stdout.decode().split("\0") if line)
    own = ("PWD", "OLDPWD", "SHLVL", "_", "HOME", "LOGNAME")  # set by some shells themselves
    return {name: value for name, _, value in pairs if name not in own}, ran.stderr.decode()


def said_by_s3cmd(script: str, *arguments: str) -> str:
    """Return what a script says in s3cmd's own environment."""
    python = INSTALLED / "bin" / "python"
    assert python.exists(), f"{INSTALLED} is missing: run `make test`"
    command = [python, "-c", f"import json, sys; from S3.Config import Config; {script}"]
    ran = subprocess.run([*command, *arguments], capture_output=True, check=True, text=True)
    assert ran.stderr == ""
    return ran.stdout


def s3cmd_config(path: Path) -> dict[str, str]:
    """Return what s3cmd's own Config makes of a file."""
    script = (
        "config = Config(sys.argv[1]);"
        "print(json.dumps({o: str(getattr(config, o)) for o in config.option_list()}))"
    )
    return json.loads(said_by_s3cmd(script, str(path)))


def test_a_bundle_is_laid_out_like_a_home_directory_and_private(write: Write) -> None:
    directory = write(limits=LIMITS)
    folders = {str(folder) for path in PATHS for folder in PurePath(path).parents[:-1]}
    assert {str(path.relative_to(directory)) for path in directory.rglob("*")} == {*PATHS, *folders}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_rendering_again_changes_nothing() -> None:
    first = texts(rendered(limits=LIMITS))
    again = rendered(first, limits=LIMITS)
    assert texts(again) == first
    assert not any(file.changed or file.notes for file in again)


def test_secrets_are_parts_of_their_own_and_never_shown() -> None:
    bundle = rendered(limits=LIMITS)
    assert sum(masked(file.content).count("*" * 8) for file in bundle) == 5
    assert SECRET not in repr(bundle)
    assert SECRET not in "".join(masked(file.content) for file in bundle)


def test_relative_paths_are_written_as_absolute_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_bundle(LocalFiles(), "keys/", CREDENTIAL, replace(URLS, ca_bundle="ca.pem"))
    script = (tmp_path / "keys" / "eucarc").read_text()
    assert f"AWS_CONFIG_FILE='{tmp_path}/keys/.aws/config'" in script
    assert f"AWS_CA_BUNDLE='{tmp_path}/ca.pem'" in script


# eucarc


@pytest.mark.parametrize("shell", SHELLS)
def test_sourcing_sets_what_every_client_reads(shell: str, write: Write) -> None:
    directory = write(urls=replace(URLS, ca_bundle="/etc/my ca.pem"))
    found, said = sourced(shell, directory / "eucarc")
    assert said == ""
    assert found == {
        "PATH": os.environ["PATH"],
        "EC2_ACCESS_KEY": "0123abc",
        "EC2_SECRET_KEY": SECRET,
        "AWS_ACCESS_KEY": "0123abc",
        "AWS_SECRET_KEY": SECRET,
        "AWS_ACCESS_KEY_ID": "0123abc",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_AUTH_REGION": "gateway-1",
        "AWS_CONFIG_FILE": f"{directory}/.aws/config",
        "AWS_SHARED_CREDENTIALS_FILE": f"{directory}/.aws/credentials",
        "AWS_PROFILE": "demo",
        "AWS_REGION": "gateway-1",
        "AWS_DEFAULT_REGION": "gateway-1",
        "AWS_CA_BUNDLE": "/etc/my ca.pem",
        "AWS_ENDPOINT_URL_S3": "http://gateway:8080",
        "AWS_ENDPOINT_URL_EC2": "http://cloud:8788/services/Cloud",
        "S3_URL": "http://gateway:8080",
        "S3_ENDPOINT_URL": "http://gateway:8080",
        "RCLONE_CA_CERT": "/etc/my ca.pem",
        "RESTIC_CACERT": "/etc/my ca.pem",
        "NODE_EXTRA_CA_CERTS": "/etc/my ca.pem",
        "EC2_URL": "http://cloud:8788/services/Cloud",
        "S3CMD_CONFIG": f"{directory}/.s3cfg",
        "EC2_USER_ID": "42",
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_sourcing_clears_what_another_cloud_left(shell: str, write: Write) -> None:
    stale = [
        *("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_FILE"),
        *("AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE", "EUCA_REGION"),
        *("BOTO_CONFIG", "RCLONE_CONFIG", "RCLONE_CA_CERT", "MC_CONFIG_DIR", "EUCA_CONFIG_PATH"),
        *("RESTIC_CACERT", "S3_ENDPOINT_URL"),
        *("EC2_CERT", "EC2_PRIVATE_KEY", "EUCALYPTUS_CERT", "NOVA_CERT"),
    ]
    directory = write()
    clean, _ = sourced(shell, directory / "eucarc")
    found, _ = sourced(shell, directory / "eucarc", **dict.fromkeys(stale, "stale"))
    assert found == clean


@pytest.mark.parametrize("shell", SHELLS)
def test_a_missing_service_is_said_on_stderr_and_its_variables_are_gone(
    shell: str, write: Write
) -> None:
    directory = write(urls=replace(URLS, s3=None, ec2=None))
    found, said = sourced(shell, directory / "eucarc", S3_URL="stale", EC2_URL="stale")
    assert said == (
        "eucarc: this cloud's catalogue has no EC2 service: EC2_URL is not set.\n"
        "eucarc: this cloud's catalogue has no S3 service: S3_URL is not set.\n"
    )
    assert not {name for name in found if "URL" in name or "S3" in name}
    assert not (directory / ".s3cfg").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_certificates_are_named_once_they_are_there(shell: str, write: Write) -> None:
    directory = write()
    for name in ("pk.pem", "cert.pem", "cacert.pem"):
        assert "EC2_CERT" not in sourced(shell, directory / "eucarc")[0]
        (directory / name).touch()
    found, _ = sourced(shell, directory / "eucarc")
    assert found["EC2_CERT"] == f"{directory}/cert.pem"
    assert found["EC2_PRIVATE_KEY"] == f"{directory}/pk.pem"
    assert found["EUCALYPTUS_CERT"] == found["NOVA_CERT"] == f"{directory}/cacert.pem"


def test_our_own_eucarc_is_read_back_without_a_shell(write: Write) -> None:
    directory = write(urls=replace(URLS, ca_bundle="/ca"))
    found = read_eucarc(Content((directory / "eucarc").read_bytes()), name="eucarc")
    assert found.pair == CREDENTIAL.pair
    assert (found.s3, found.ec2, found.region, found.ca_bundle) == (
        "http://gateway:8080",
        URLS.ec2,
        "gateway-1",
        "/ca",
    )


def test_lines_around_our_part_of_an_eucarc_stay() -> None:
    ours = texts(rendered())["eucarc"]
    rotated = replace(CREDENTIAL, pair=KeyPair("new", Secret("newer")))
    around = f"export MINE=1\n{ours}alias e=euca-describe-instances"
    after = texts(rendered({"eucarc": around}, credential=rotated))["eucarc"]
    expected = texts(rendered(credential=rotated))["eucarc"]
    assert after == f"export MINE=1\n{expected}alias e=euca-describe-instances"


ODD = st.text("abAB09 $`\"'\\#!~*?[](){}<>|&;=%é", min_size=1, max_size=12).map(str.strip)


@settings(deadline=None)
@given(access=ODD.filter(bool), secret=ODD.filter(bool), region=ODD.filter(bool))
def test_odd_values_reach_the_environment_unchanged(
    tmp_path_factory: pytest.TempPathFactory, access: str, secret: str, region: str
) -> None:
    credential = replace(CREDENTIAL, pair=KeyPair(access, Secret(secret)))
    # .s3cfg cannot hold them all and says so; it is left out without S3.
    urls = replace(URLS, region=region, s3=None)
    script = texts(rendered(credential=credential, urls=urls))["eucarc"]
    path = tmp_path_factory.mktemp("eucarc") / "eucarc"
    path.write_text(script)
    found, _ = sourced("sh", path)
    assert (found["EC2_ACCESS_KEY"], found["EC2_SECRET_KEY"]) == (access, secret)
    assert found["AWS_REGION"] == region
    read = read_eucarc(Content(script.encode()), name="eucarc")
    assert (read.pair.access, read.pair.secret, read.region) == (access, Secret(secret), region)


# The AWS programs


@pytest.fixture
def session(write: Write, monkeypatch: pytest.MonkeyPatch) -> OpenSession:
    """Return a botocore session with the environment of a sourced eucarc."""

    def session(without: str = "", **options: Any) -> botocore.session.Session:
        found, _ = sourced("sh", write(**options) / "eucarc")
        for name in os.environ:
            if name.startswith("AWS_"):
                monkeypatch.delenv(name)
        for name, value in found.items():
            if name.startswith("AWS_") and not (without and name.startswith(without)):
                monkeypatch.setenv(name, value)
        return botocore.session.Session()

    return session


@pytest.mark.parametrize("without", ["", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT"])
def test_botocore_takes_keys_endpoints_and_options_from_the_bundle(
    session: OpenSession, without: str
) -> None:
    found = session(without, urls=replace(URLS, ca_bundle="/etc/ca.pem"))
    keys = found.get_credentials()
    assert (keys.access_key, keys.secret_key, keys.token) == ("0123abc", SECRET, None)
    assert found.get_config_variable("ca_bundle") == "/etc/ca.pem"
    client = found.create_client("s3", verify=False)
    assert client.meta.endpoint_url == "http://gateway:8080"
    assert client.meta.region_name == "gateway-1"
    assert client.meta.config.s3["addressing_style"] == "path"
    assert client.meta.config.request_checksum_calculation == "when_required"
    assert client.meta.config.response_checksum_validation == "when_required"
    assert found.create_client("ec2", verify=False).meta.endpoint_url == URLS.ec2


@settings(deadline=None)
@given(access=ODD.filter(bool), secret=ODD.filter(bool))
def test_odd_keys_are_read_back_from_the_profile(access: str, secret: str) -> None:
    credential = replace(CREDENTIAL, pair=KeyPair(access, Secret(secret)))
    found = texts(rendered(credential=credential, urls=replace(URLS, s3=None)))
    contents = (Content(found[path].encode()) for path in (".aws/config", ".aws/credentials"))
    read = read_aws_profile(*contents, "demo", names=("config", "credentials"))
    assert read.pair == credential.pair
    assert read.ec2 == URLS.ec2


def test_other_profiles_and_the_default_stay_byte_for_byte() -> None:
    mine = {
        ".aws/config": "[default]\nregion = eu-1\n\n[profile prod]\nrole_arn = arn:x\n",
        ".aws/credentials": f"[default]\naws_access_key_id = AKIA\naws_secret_access_key={SECRET}x",
    }
    after = texts(rendered(mine))
    for path, before in mine.items():
        assert after[path].startswith(before)
        assert "demo]" in after[path]


@pytest.mark.parametrize(
    ("project", "name"),
    [
        ("demo", "demo"),
        ("Mein Projekt/2", "Mein-Projekt-2"),
        ("default", "openstack-default"),
        ("проект", "openstack"),
        ("-x.", "x"),
    ],
)
def test_the_profile_has_the_projects_name_made_safe(project: str, name: str) -> None:
    assert profile_name(project) == name


@pytest.mark.parametrize("profile", ["default", "", "a b", "a]", "-a", "a\n"])
def test_the_default_profile_and_names_that_need_quoting_are_refused(profile: str) -> None:
    with pytest.raises(DeclarationError, match="cannot be the profile's name"):
        rendered(profile=profile)


# s3cmd


def test_s3cmd_reads_keys_and_path_style_from_its_file(write: Write) -> None:
    directory = write(
        urls=replace(URLS, s3="https://gateway", ca_bundle="/etc/ca.pem"),
        limits=GatewayLimits(500, 20 * 1024 * 1024 + 1, allow_multipart_uploads=True),
    )
    found = s3cmd_config(directory / ".s3cfg")
    expected = {
        "access_key": "0123abc",
        "secret_key": SECRET,
        "host_base": "gateway",
        "host_bucket": "gateway",
        "bucket_location": "gateway-1",
        "use_https": "True",
        "check_ssl_certificate": "True",
        "ca_certs_file": "/etc/ca.pem",
        "signature_v2": "False",
        "enable_multipart": "True",
        "multipart_chunk_size_mb": "21",
        "multipart_max_chunks": "500",
    }
    assert {name: found[name] for name in expected} == expected


def test_s3cmd_without_limits_and_without_tls(write: Write) -> None:
    found = s3cmd_config(write() / ".s3cfg")
    assert (found["use_https"], found["host_base"]) == ("False", "gateway:8080")
    assert (found["enable_multipart"], found["multipart_max_chunks"]) == ("True", "10000")


def test_only_our_options_change_in_what_s3cmd_wrote_itself() -> None:
    before = said_by_s3cmd("Config().dump_config(sys.stdout)")
    after = texts(rendered({".s3cfg": before}, limits=LIMITS))[".s3cfg"]
    pairs = zip(before.splitlines(), after.splitlines(), strict=True)
    changed = {new.partition(" =")[0] for old, new in pairs if old != new}
    assert changed == {
        "access_key",
        "secret_key",
        "host_base",
        "host_bucket",
        "bucket_location",
        "use_https",
        "multipart_max_chunks",
    }


@pytest.mark.parametrize("value", ["$HOME", '"quoted"'])
def test_a_value_that_s3cmd_reads_otherwise_is_refused(value: str) -> None:
    credential = replace(CREDENTIAL, pair=KeyPair("a", Secret(value)))
    with pytest.raises(
        DeclarationError, match="s3cmd cannot read the value of secret_key"
    ) as raised:
        rendered(credential=credential)
    assert value not in str(raised.value)


# Whose settings these are

S3CFG_OF_AMAZON = f"[default]\naccess_key = AKIA1\nsecret_key = {SECRET}\n"
PROFILE_OF_AMAZON = f"[demo]\naws_access_key_id = AKIA1\naws_secret_access_key = {SECRET}\n"


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (".s3cfg", S3CFG_OF_AMAZON, "the access key AKIA1 for https://s3.amazonaws.com"),
        (".aws/credentials", PROFILE_OF_AMAZON, "the profile demo with the access key AKIA1"),
        (".aws/config", "[profile demo]\nrole_arn = x\n", "another profile demo"),
        (".aws/config", "[services demo]\ns3 =\n  endpoint_url = http://x\n", "another profile"),
        ("eucarc", f"export EC2_SECRET_KEY={SECRET}\n", "a script that setup-tool did not write"),
    ],
)
def test_settings_for_another_cloud_are_refused_or_replaced_with_a_copy(
    path: str, text: str, said: str
) -> None:
    with pytest.raises(
        DeclarationError, match=f"There is already {said}.* in .*/bundle/{path}"
    ) as raised:
        rendered({path: text})
    assert SECRET not in str(raised.value)

    bundle = rendered({path: text}, replace=True)
    copies = [file for file in bundle if file.path not in PATHS]
    assert [joined(file.content) for file in copies] == [Secret(text)]
    assert copies[0].path.startswith(f"{path}.orig-")
    after = texts(bundle)
    assert all(not file.changed for file in rendered({name: after[name] for name in PATHS}))


def test_an_eucarc_for_another_cloud_is_refused() -> None:
    other = texts(
        rendered(
            urls=replace(URLS, s3="http://b", ec2=None),
            credential=replace(CREDENTIAL, pair=KeyPair("x", Secret("y"))),
        )
    )
    with pytest.raises(DeclarationError, match="the access key x for http://b in /bundle/eucarc"):
        rendered({"eucarc": other["eucarc"]})


def test_new_keys_for_the_same_cloud_take_the_place_of_the_old_and_say_so() -> None:
    old = replace(CREDENTIAL, pair=KeyPair("old", Secret("older")))
    before = texts(rendered(credential=old))
    bundle = rendered(before)
    assert texts(file for file in bundle if not file.copy) == texts(rendered())
    kept = [joined(file.content).reveal() for file in bundle if file.copy]
    assert kept == [before[path] for path in ("eucarc", ".s3cfg", ".aws/credentials")]
    assert {file.path: file.notes for file in bundle if file.notes and not file.copy} == {
        path: (f"In {path} the access key old gave way to 0123abc.",)
        for path in ("eucarc", ".s3cfg", ".aws/credentials")
    }


def test_settings_that_hold_no_keys_are_the_users_and_stay() -> None:
    mine = {
        ".s3cfg": "[default]\nhuman_readable_sizes = True\n",
        ".aws/config": "[profile demo]\noutput = json\n",
    }
    after = texts(rendered(mine))
    assert after[".s3cfg"].startswith(mine[".s3cfg"])
    assert after[".aws/config"].startswith(mine[".aws/config"])


def test_a_role_does_not_sign_in_the_place_of_the_keys() -> None:
    before = texts(rendered())
    before[".aws/config"] = before[".aws/config"].replace("region", "role_arn = x\nregion", 1)
    assert "role_arn" not in texts(rendered(before))[".aws/config"]


# Refusals


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        (".aws/config", "[a]\n[a]\n", "line 2: the section"),
        (".aws/credentials", f"{SECRET}\n", "line 1: there is an option before"),
        (".s3cfg", f"<html>{SECRET}</html>\n", "line 1: this is no file of s3cmd"),
        ("eucarc", f"# >>> setup-tool\nA={SECRET}\n", "line 1: the marker lines"),
    ],
)
def test_nothing_is_written_when_one_file_cannot_be_merged(
    tmp_path: Path, path: str, text: str, said: str
) -> None:
    place = tmp_path / path
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    with pytest.raises(DeclarationError, match=f"^{place}, {said}") as raised:
        write_bundle(LocalFiles(), str(tmp_path), CREDENTIAL, URLS)
    assert SECRET not in str(raised.value)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [place]
    assert place.read_text() == text


@pytest.mark.parametrize("path", PATHS)
def test_a_file_that_is_not_utf_8_is_refused(path: str) -> None:
    with pytest.raises(DeclarationError, match=f"/bundle/{path}, line 2: this is not UTF-8"):
        render_bundle(
            CREDENTIAL,
            URLS,
            {path: Content(b"# a\nx = \xff\n")},
            directory="/bundle",
            profile="demo",
        )


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ({"s3": "http://gateway/v1/AUTH_9a"}, "The S3 URL http://gateway/v1/AUTH_9a has a path"),
        ({"s3": f"http://me:{SECRET}@gateway"}, "The S3 URL must be"),
        ({"ec2": "gateway:8788"}, "The EC2 URL must be"),
        ({"ec2": "http://[::1"}, "The EC2 URL must be"),
        ({"ec2": "http://a/?x=y"}, "The EC2 URL must be"),
        ({"s3": "http://a:b"}, "The S3 URL must be"),
        ({"region": "a\nb"}, "cannot hold the region"),
        ({"region": ""}, "cannot hold the region"),
        ({"ca_bundle": "/ca\x1b"}, "cannot hold the ca bundle"),
    ],
)
def test_urls_and_values_that_clients_cannot_use_are_refused(
    urls: dict[str, str], said: str
) -> None:
    with pytest.raises(DeclarationError, match=said) as raised:
        rendered(urls=replace(URLS, **urls))
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("secret", ["", "a\nb", " a", "a\0"])
def test_a_secret_that_does_not_fit_on_a_line_is_refused(secret: str) -> None:
    credential = replace(CREDENTIAL, pair=KeyPair("a", Secret(secret)))
    with pytest.raises(DeclarationError, match="cannot hold the secret"):
        rendered(credential=credential)


@pytest.mark.parametrize("directory", ["bundle", "/home/$USER"])
def test_a_directory_that_the_aws_programs_would_look_for_elsewhere_is_refused(
    directory: str,
) -> None:
    with pytest.raises(DeclarationError, match="cannot be written into"):
        rendered(directory=directory)


def test_an_owner_with_an_odd_name_stays_in_the_comment() -> None:
    owner = replace(CREDENTIAL.owner, user="a\nrm -rf /", project="$(reboot)\x1b")
    script = texts(rendered(credential=replace(CREDENTIAL, owner=owner)))["eucarc"]
    assert "\n# Keys of a?rm -rf / in project $(reboot)?. In sh," in script
