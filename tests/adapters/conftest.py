"""What the tests of the Keystone adapters share."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import uuid
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from setup_tool.adapters.cloud_login import CloudLogin, open_session
from tests.adapters.impostor import Impostor, serving
from tests.adapters.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.lab_fixture import RunningLab


@pytest.fixture
def rest(running_lab: RunningLab) -> Iterator[Rest]:
    found = Rest(running_lab)
    yield found
    found.clean_up()


@pytest.fixture
def unique() -> str:
    """A name that nothing in the lab has."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def log_in(running_lab: RunningLab) -> Callable[..., CloudLogin]:
    """A login of one of the lab's users, not made yet."""

    def make(user: str = "admin", **changes: str) -> CloudLogin:
        auth = running_lab.cloud(user)["auth"]
        environ = {f"OS_{name.upper()}": str(value) for name, value in auth.items()}
        return open_session(None, {**environ, **changes})

    return make


@pytest.fixture
def delegated(rest: Rest) -> Iterator[Callable[..., dict[str, str]]]:
    """Make an application credential of a login; return what to log in with instead.

    Each is deleted before its user is: Keystone with SQLite leaves some of it behind where
    the user goes first, and cannot make the next one then.
    """
    del rest
    made: list[tuple[CloudLogin, str]] = []

    def make(login: CloudLogin, name: str, *, unrestricted: bool) -> dict[str, str]:
        url = f"{login.auth_url}/users/{login.session.get_user_id()}/application_credentials"
        wanted = {"application_credential": {"name": name, "unrestricted": unrestricted}}
        found = login.session.post(url, json=wanted).json()["application_credential"]
        made.append((login, f"{url}/{found['id']}"))
        return {
            "OS_AUTH_TYPE": "v3applicationcredential",
            "OS_APPLICATION_CREDENTIAL_ID": found["id"],
            "OS_APPLICATION_CREDENTIAL_SECRET": found["secret"],
            "OS_USERNAME": "",
            "OS_PASSWORD": "",
            "OS_PROJECT_NAME": "",
        }

    yield make
    for login, url in made:
        login.session.delete(url)


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    with serving() as found:
        yield found


@pytest.fixture
def tls_impostor(own_certificate: tuple[Path, Path]) -> Iterator[Impostor]:
    certificate, key = own_certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(context) as found:
        yield found


@pytest.fixture(scope="session")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody else has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "certificate.pem", folder / "key.pem"
