"""What becomes of EC2 requests while Keystone is away, slow, broken or somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.tls_front import ending_tls
from tests.ec2.signing import Signer
from tests.ec2.standalone import serving
from tests.lab.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ec2.keystones import Keystone
    from tests.ec2.standalone import Ec2Api


def errors(ec2: Ec2Api) -> list[str]:
    return [line for line in ec2.log().splitlines() if " ERROR " in line]


def test_a_keystone_that_was_stopped_and_started_is_found_again(
    ec2: Ec2Api, demo: Signer, keystone: Keystone
) -> None:
    assert ec2.process is not None
    assert demo.ask().status == 200
    before = len(errors(ec2))
    keystone.stop()
    answers = [demo.ask(way) for way in ("v4 POST", "v2 GET", "v4 POST")]
    assert {(answer.status, answer.code) for answer in answers} == {(503, "ServiceUnavailable")}
    (line,) = errors(ec2)[before:]
    assert "Keystone cannot be asked" in line
    keystone.start()
    assert demo.ask().status == 200
    assert ec2.process.poll() is None
    assert "validates signatures for ec2-api again" in ec2.log()


def test_an_ec2_api_that_starts_before_its_keystone_waits_for_it(
    keystone: Keystone, tmp_path: Path
) -> None:
    keys = keystone.keys("demo", "demo")
    keystone.stop()
    with serving(tmp_path, keystone) as ec2:
        demo = Signer(ec2.url, *keys)
        answer = demo.ask()
        assert (answer.status, answer.code) == (503, "ServiceUnavailable")
        keystone.start()
        assert demo.ask().status == 200


def test_a_keystone_that_does_not_answer_is_not_waited_for_for_ever(
    keystone: Keystone, tmp_path: Path
) -> None:
    keys = keystone.keys("demo", "demo")
    with serving(tmp_path, keystone, timeout=2) as ec2:
        demo = Signer(ec2.url, *keys)
        with keystone.held():
            before = demo.ask()
        wait_until(lambda: demo.ask().status == 200)
        with keystone.held():
            after = demo.ask()
        wait_until(lambda: demo.ask().status == 200)
    for answer in (before, after):
        assert (answer.status, answer.code) == (503, "ServiceUnavailable")


def test_a_broken_keystone_is_no_wrong_signature(
    ec2: Ec2Api, demo: Signer, keystone: Keystone
) -> None:
    keys = keystone.folder / "credential-keys"
    away = keys.rename(keys.with_name("away"))
    answer = demo.ask()
    away.rename(keys)
    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    assert "Keystone answered 500" in errors(ec2)[-1]
    assert demo.ask().status == 200


def test_something_else_than_keystone_is_called_so(keystone: Keystone, tmp_path: Path) -> None:
    keys = keystone.keys("demo", "demo")
    with serving(tmp_path, keystone) as ec2:
        conf = ec2.folder / "ec2api.conf"
        conf.write_text(conf.read_text().replace(f"{keystone.url}/v3/ec2tokens", ec2.url))
        ec2.stop()
        ec2.start()
        answer = Signer(ec2.url, *keys).ask()
        assert (answer.status, answer.code) == (500, "InternalError")
        assert "is not Keystone's ec2tokens: status 400" in errors(ec2)[-1]


@pytest.mark.parametrize("trust", ["cafile", "insecure", ""])
def test_a_private_authority_is_trusted_as_the_configuration_says(
    keystone: Keystone, tmp_path: Path, trust: str
) -> None:
    keys = keystone.keys("demo", "demo")
    with ending_tls(tmp_path, keystone.port) as tls:
        said = {"cafile": f"cafile = {tls.authority}\n", "insecure": "insecure = true\n"}
        folder = tmp_path / "ec2"
        folder.mkdir()
        url = tls.urls[keystone.port]
        with serving(folder, keystone, reached_at=url, more=said.get(trust, "")) as ec2:
            answer = Signer(ec2.url, *keys).ask()
            assert answer.status == (200 if trust else 503)
            assert ("certificate verify failed" in ec2.log()) == (not trust)
