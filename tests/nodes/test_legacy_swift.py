"""Swift before 2.18: what becomes of its proxy where there is no swift3, and s3token by itself.

swift3 is on no package index, so nothing here takes S3's requests. What it hands on to s3token
is asked instead: ``Authorization: AWS ACCESS:SIGNATURE`` and, as the token, the text that was
signed (``keystonemiddleware/s3_token.py`` 4.17.1). That module reads a token of v2.0 from the
answer. Keystone 12.0.2 and 12.0.3 answer with one of v3, and without its id
(``keystone/contrib/s3/core.py``), so with them only the s3token that swift3 1.12 brings could
work.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab_fixture import request
from tests.nodes.faults import CONF
from tests.nodes.places import LEGACY_KEYSTONE, LEGACY_KEYSTONE_ADMIN, LEGACY_SWIFT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab_fixture import Answer
    from tests.nodes.asking import User
    from tests.nodes.legacy_cloud import LegacyCloud

SIGNED = b"PUT\n\n\nThu, 17 Nov 2016 18:49:58 GMT\n/box"
TOKEN = base64.urlsafe_b64encode(SIGNED).decode()


@pytest.fixture
def conf(legacy_cloud: LegacyCloud) -> Iterator[Path]:
    """The proxy's file, which is as it was when the test is over."""
    path = legacy_cloud.machine.root / CONF[1:]
    before = path.read_bytes()
    yield path
    if path.read_bytes() != before:
        path.write_bytes(before)
        restart(legacy_cloud)


def restart(cloud: LegacyCloud) -> None:
    cloud.machine.sh("systemctl restart swift-proxy")
    cloud.hosts.await_service("old")


def added(planned: Any, section: str) -> list[str]:
    """Return the lines that a plan adds to the proxy's file as this section."""
    [change] = [change for change in planned["changes"] if change["summary"] == f"edit {CONF}"]
    lines = [line[1:] for line in change["diff"] if line.startswith("+")]
    begun = lines[lines.index(f"[{section}]") :]
    return begun[: begun.index("")] if "" in begun else begun


def signature(secret: str) -> str:
    made = hmac.new(secret.encode(), SIGNED, hashlib.sha1).digest()
    return base64.b64encode(made).decode()


def checked(keystone: str, user: User) -> Answer:
    """Have Keystone check a signature as s3token does; return its answer."""
    credentials = {
        "access": user.pair.access,
        "token": TOKEN,
        "signature": signature(user.pair.secret.reveal()),
    }
    body = json.dumps({"credentials": credentials}).encode()
    return request("POST", f"{keystone}/s3tokens", body, {"Content-Type": "application/json"})


def put_box(user: User, secret: str) -> Answer:
    """Ask for a container as swift3 does, before s3token has put the account in."""
    signed = f"AWS {user.pair.access}:{signature(secret)}"
    headers = {"Authorization": signed, "X-Auth-Token": TOKEN}
    return request("PUT", f"{LEGACY_SWIFT}/v1/AUTH_unknown/box", b"", headers)


def test_a_proxy_whose_python_lacks_swift3_keeps_its_file(
    legacy_cloud: LegacyCloud, conf: Path
) -> None:
    before = conf.read_bytes()
    running = legacy_cloud.machine.sh("systemctl show -p MainPID --value swift-proxy")
    planned = legacy_cloud.plan(swift3_version="1.12")
    [told] = [note["text"] for note in planned["notes"] if "swift3" in note["text"]]
    assert "its Python does not find swift3. Install what is missing there." in told
    said = legacy_cloud.apply(status=1, swift3_version="1.12").err
    assert "The 'swift3' distribution was not found" in said
    assert "Nothing was changed" in said
    assert conf.read_bytes() == before
    assert legacy_cloud.machine.sh("systemctl show -p MainPID --value swift-proxy") == running
    assert legacy_cloud.user("demo").native("GET", at=LEGACY_SWIFT).status in {200, 204}


def test_this_keystone_answers_s3tokens_of_v2_as_of_v3_and_keeps_the_token(
    legacy_cloud: LegacyCloud,
) -> None:
    demo = legacy_cloud.user("demo")
    for keystone in (
        f"{LEGACY_KEYSTONE}/v3",
        f"{LEGACY_KEYSTONE_ADMIN}/v3",
        f"{LEGACY_KEYSTONE_ADMIN}/v2.0",
    ):
        answer = checked(keystone, demo)
        assert answer.status == 200
        told = json.loads(answer.body)
        assert told["token"]["project"]["id"] == demo.login.project_id
        assert "access" not in told
        assert "X-Subject-Token" not in answer.headers
    assert checked(f"{LEGACY_KEYSTONE}/v2.0", demo).status == 404


def test_keystonemiddlewares_s3token_asks_this_keystone_and_cannot_read_its_answer(
    legacy_cloud: LegacyCloud, conf: Path
) -> None:
    section = added(legacy_cloud.plan(swift3_version="1.10"), "filter:s3token")
    assert section == [
        "[filter:s3token]",
        "paste.filter_factory = keystonemiddleware.s3_token:filter_factory",
        f"auth_uri = {LEGACY_KEYSTONE_ADMIN}",
        "reseller_prefix = AUTH_",
    ]
    text = conf.read_text().replace(" authtoken ", " s3token authtoken ", 1)
    conf.write_text("\n".join([text, *section, ""]))
    restart(legacy_cloud)
    demo = legacy_cloud.user("demo")
    secret = demo.pair.secret.reveal()
    refused = put_box(demo, secret[::-1])
    assert (refused.status, b"<Code>AccessDenied</Code>" in refused.body) == (401, True)
    unread = put_box(demo, secret)
    assert (unread.status, b"<Code>InvalidURI</Code>" in unread.body) == (400, True)
    assert demo.native("GET", "/box", at=LEGACY_SWIFT).status == 404
