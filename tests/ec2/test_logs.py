"""What ec2-api logs of the requests that the filter lets in or not, at its most talkative."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.ec2.signing import VERSION, WAYS, Signer
from tests.ec2.standalone import serving

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ec2.keystones import Keystone

FERNET = "gAAAA"
"""How Keystone's tokens begin."""


def test_no_secret_signature_or_token_gets_into_the_log(keystone: Keystone, tmp_path: Path) -> None:
    keys = keystone.keys("demo", "demo")
    secrets = {keys[1], *keystone.passwords.values()}
    with serving(tmp_path, keystone, debug=True) as ec2:
        demo = Signer(ec2.url, *keys)
        # without nova it fails unexpectedly, so that its whole environment is logged
        failing = {"Action": "DescribeInstances", "Version": VERSION}
        asked = [
            demo.sign(way, params)
            for way in WAYS
            for params in (failing, {**failing, "Action": "DescribeTags"})
        ]
        asked += [replace(demo, secret="0" * 32).sign(way) for way in WAYS]
        statuses = [each.send().status for each in asked]
        assert statuses == [500, 200] * len(WAYS) + [401] * len(WAYS)
        secrets |= {each.signature for each in asked}
        keystone.void_tokens("ec2-api")
        assert demo.ask().status == 200
        keystone.stop()
        assert demo.ask().status == 503
        keystone.start()
        log = ec2.log()
    assert "Environment: {" in log
    assert "DEBUG keystoneauth" in log
    assert not [secret for secret in secrets if secret in log]
    assert FERNET not in log
