from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.cloud_login import open_session
from setup_tool.adapters.identity import KeystoneIdentity
from setup_tool.adapters.keystone_session import without_userinfo
from setup_tool.core.errors import DeclarationError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.adapters.impostor import Impostor
    from tests.lab_fixture import RunningLab

OPENRC = {
    "OS_AUTH_URL": "http://127.0.0.1:5000/v3",
    "OS_USERNAME": "admin",
    "OS_PASSWORD": "canary-password",
    "OS_PROJECT_NAME": "admin",
}
CLOUDS = """
clouds:
  one:
    auth:
      auth_url: http://127.0.0.1:5000/v3
      username: admin
      password: canary-password
      project_name: admin
      user_domain_name: Users
      project_domain_id: projects
    region_name: RegionOne
  two: {auth: {username: admin}}
"""


@pytest.fixture
def clouds(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """Write a clouds.yaml and return the environment that names it."""

    def write(text: str) -> dict[str, str]:
        (tmp_path / "clouds.yaml").write_text(text)
        return {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")}

    return write


def refusal(os_cloud: str | None, environ: Mapping[str, str]) -> str:
    with pytest.raises(DeclarationError) as caught:
        open_session(os_cloud, environ)
    assert "canary" not in str(caught.value)
    assert caught.value.exit_status == 2
    return str(caught.value)


def test_the_inventory_names_the_entry_of_clouds_yaml(
    clouds: Callable[[str], dict[str, str]],
) -> None:
    login = open_session("one", {**clouds(CLOUDS), "OS_CLOUD": "two"})
    assert login.auth_url == "http://127.0.0.1:5000/v3"
    assert (login.user, login.project, login.region) == ("admin", "admin", "RegionOne")
    assert login.origin.startswith("cloud 'one' of ")
    assert "canary" not in repr(login)


def test_os_cloud_names_it_where_the_inventory_does_not(
    clouds: Callable[[str], dict[str, str]],
) -> None:
    login = open_session(None, {**clouds(CLOUDS), "OS_CLOUD": "one", **OPENRC})
    assert login.origin.startswith("cloud 'one' of ")


@pytest.mark.parametrize("ending", ["", "/", "/v2.0", "/v2.0/", "/v3", "/v3/"])
def test_version_3_is_used_without_asking_where_it_is_said(ending: str) -> None:
    url = f"http://127.0.0.1:5000{ending}"
    login = open_session(None, {**OPENRC, "OS_AUTH_URL": url, "OS_IDENTITY_API_VERSION": "3"})
    assert login.auth_url == "http://127.0.0.1:5000/v3"
    assert login.region is None
    assert login.origin == "OS_* environment"


def test_user_information_in_the_url_is_not_shown() -> None:
    login = open_session(None, {**OPENRC, "OS_AUTH_URL": "http://u:canary@127.0.0.1:5000/v3"})
    assert login.auth_url == "http://127.0.0.1:5000/v3"
    assert without_userinfo("https://[::1]:5000/v3") == "https://[::1]:5000/v3"


def test_an_entry_that_is_not_there_is_answered_with_those_that_are(
    clouds: Callable[[str], dict[str, str]],
) -> None:
    assert "has no cloud 'three'; it names one, two." in refusal("three", clouds(CLOUDS))


def test_a_clouds_yaml_that_is_none_is_named(
    tmp_path: Path, clouds: Callable[[str], dict[str, str]]
) -> None:
    environ = clouds("clouds: [")
    assert f"{tmp_path / 'clouds.yaml'} cannot be read as YAML" in refusal("one", environ)
    assert "cannot be understood" in refusal("one", clouds("- canary-list"))
    assert "has no cloud 'one'; it names none" in refusal("one", clouds("cloud: {}"))
    gone = {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "gone")}
    assert "gone, which is not a file" in refusal("one", gone)


def test_no_clouds_yaml_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from setup_tool.adapters import cloud_login

    loader = cloud_login._openstack_config()
    monkeypatch.setattr(loader, "CONFIG_FILES", ["/nonexistent/clouds.yaml"])
    assert "no clouds.yaml to find cloud 'one' in" in refusal("one", {})


@pytest.mark.parametrize(
    ("taken_away", "sentence"),
    [
        ("OS_AUTH_URL", "has no auth_url"),
        ("OS_PASSWORD", "The OS_* environment has no password."),
        ("OS_USERNAME", "The OS_* environment has no username."),
    ],
)
def test_what_an_openrc_lacks_is_said(taken_away: str, sentence: str) -> None:
    environ = {name: value for name, value in OPENRC.items() if name != taken_away}
    assert sentence in refusal(None, environ)


def test_no_credentials_at_all_is_said() -> None:
    assert "There are no credentials for Keystone." in refusal(None, {"PATH": "/bin"})


def test_the_old_word_tenant_is_understood_beside_version_3() -> None:
    environ = {**OPENRC, "OS_TENANT_NAME": "demo", "OS_IDENTITY_API_VERSION": "3"}
    del environ["OS_PROJECT_NAME"]
    assert open_session(None, environ).project == "demo"


@pytest.mark.parametrize("url", ["127.0.0.1:5000/v3", "user:canary@127.0.0.1:5000", "keystone"])
def test_an_address_that_is_no_url_is_refused(url: str) -> None:
    said = refusal(None, {**OPENRC, "OS_AUTH_URL": url})
    assert "begins with neither http:// nor https://" in said


def test_a_timeout_of_the_entry_or_the_environment_is_used(
    clouds: Callable[[str], dict[str, str]],
) -> None:
    entry = CLOUDS.replace("    region_name", "    api_timeout: 2.5\n    region_name")
    assert open_session("one", clouds(entry)).session.timeout == 2.5
    assert open_session(None, {**OPENRC, "OS_API_TIMEOUT": "3"}).session.timeout == 3
    assert open_session(None, OPENRC, timeout=7).session.timeout == 7


@pytest.mark.parametrize("said", ["soon", "0", "-1", "nan", "inf"])
def test_a_timeout_that_is_none_is_refused(said: str) -> None:
    assert "no number of seconds" in refusal(None, {**OPENRC, "OS_API_TIMEOUT": said})


def test_a_ca_file_that_does_not_exist_is_named() -> None:
    assert "names /nonexistent/ca.pem as cacert" in refusal(
        None, {**OPENRC, "OS_CACERT": "/nonexistent/ca.pem"}
    )


def test_an_unknown_way_to_log_in_is_refused() -> None:
    assert "auth_type nonsense" in refusal(None, {**OPENRC, "OS_AUTH_TYPE": "nonsense"})
    assert "auth_type none" in refusal(None, {**OPENRC, "OS_AUTH_TYPE": "none"})
    of_application = {**OPENRC, "OS_AUTH_TYPE": "v3applicationcredential"}
    assert "does not fit auth_type v3applicationcredential" in refusal(None, of_application)
    of_application |= {"OS_APPLICATION_CREDENTIAL_ID": "ac1", "OS_USERNAME": ""}
    assert "You must provide an auth secret." in refusal(None, of_application)


def test_domains_are_sent_as_they_are_said(
    clouds: Callable[[str], dict[str, str]], impostor: Impostor
) -> None:
    impostor.let_in()
    environ = clouds(CLOUDS.replace("http://127.0.0.1:5000", impostor.url))
    KeystoneIdentity(open_session("one", environ)).whereabouts()
    ((_, path, _, body),) = impostor.seen
    assert path == "/v3/auth/tokens"
    assert b'"domain": {"name": "Users"}' in body
    assert b'"domain": {"id": "projects"}' in body


def test_where_no_domain_is_said_the_default_one_is_meant(impostor: Impostor) -> None:
    KeystoneIdentity(impostor.let_in().login()).whereabouts()
    ((_, _, _, body),) = impostor.seen
    assert body.count(b'"domain": {"id": "default"}') == 2


def test_an_application_credential_logs_in(impostor: Impostor) -> None:
    login = impostor.let_in().login(
        OS_AUTH_TYPE="v3applicationcredential",
        OS_APPLICATION_CREDENTIAL_ID="ac1",
        OS_APPLICATION_CREDENTIAL_SECRET="canary-secret",
        OS_USERNAME="",
        OS_PASSWORD="",
        OS_PROJECT_NAME="",
    )
    assert KeystoneIdentity(login).whereabouts().user == "admin"
    ((_, _, _, body),) = impostor.seen
    assert b'"application_credential": {"secret": "canary-secret", "id": "ac1"}' in body


def test_a_certificate_of_nobody_we_know_is_refused_with_a_hint(tls_impostor: Impostor) -> None:
    login = tls_impostor.let_in().login()
    with pytest.raises(UnreachableError, match=r"\(TLS\).*cacert"):
        KeystoneIdentity(login).whereabouts()


def test_a_ca_of_our_own_is_honoured(
    tls_impostor: Impostor, own_certificate: tuple[Path, Path]
) -> None:
    login = tls_impostor.let_in().login(OS_CACERT=str(own_certificate[0]))
    here = KeystoneIdentity(login).whereabouts()
    assert (here.ca_bundle, here.verify) == (str(own_certificate[0]), True)


@pytest.mark.filterwarnings("error::urllib3.exceptions.InsecureRequestWarning")
@pytest.mark.parametrize(("word", "honoured"), [("true", True), ("1", True), ("false", False)])
def test_insecure_is_honoured_when_it_is_true(
    tls_impostor: Impostor,
    word: str,
    honoured: bool,  # noqa: FBT001
) -> None:
    login = tls_impostor.let_in().login(OS_INSECURE=word)
    assert login.verify is not honoured
    if honoured:
        assert KeystoneIdentity(login).whereabouts().verify is False
    else:
        with pytest.raises(UnreachableError, match="TLS"):
            KeystoneIdentity(login).whereabouts()


def test_the_labs_own_clouds_yaml_is_understood(running_lab: RunningLab) -> None:
    login = open_session("lab", {"OS_CLIENT_CONFIG_FILE": str(running_lab.layout.clouds)})
    here = KeystoneIdentity(login).whereabouts()
    assert (here.user, here.project, here.auth_url) == ("admin", "admin", running_lab.keystone)
    assert "admin" in here.roles
    urls = {(kind, interface): url for kind, interface, _, url in here.endpoints}
    assert urls["object-store", "public"].endswith(f"/v1/AUTH_{here.project_id}")
    assert here.token
    assert str(here.token) == "********"


def test_only_the_configuration_part_of_openstacksdk_is_imported() -> None:
    program = (
        "import sys\n"
        "from setup_tool.adapters.cloud_login import open_session\n"
        f"login = open_session(None, {OPENRC!r})\n"
        "assert 'openstack.config.loader' in sys.modules\n"
        "assert 'openstack.connection' not in sys.modules\n"
        "assert 'keystoneclient' not in sys.modules\n"
        "import openstack.config\n"
        "print(login.auth_url)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "http://127.0.0.1:5000/v3\n"


def test_the_talkative_libraries_stay_above_debug() -> None:
    for name in ("keystoneauth", "keystoneclient", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    open_session(None, OPENRC)
    for name in ("keystoneauth.session", "keystoneauth.identity.v3.base", "keystoneclient.base"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
