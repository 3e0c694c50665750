"""`verify` on a real cloud: from where it takes its keys, what it prints, what it leaves behind."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from setup_tool.adapters.cloud_login import open_session
from setup_tool.adapters.keys import KeystoneKeys
from setup_tool.core.credential import KeyPair
from setup_tool.core.secret import Secret
from tests.adapters.rest import Rest
from tests.end_to_end.bundles import Bundle, issue
from tests.end_to_end.native import Account

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.cloud import Cloud

BUCKETS = "setup-tool-verify-"
KEYS = "setup-tool-canary-"
INTERRUPTED = 130


@pytest.fixture(scope="module")
def demo(served: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return issue(served, tmp_path_factory.mktemp("keys") / "demo")


@pytest.fixture(scope="module")
def bob(served: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("keys") / "bob"
    return issue(served, folder, "--user", "bob", "--project", "other")


def buckets_left(cloud: Cloud, user: str) -> list[str]:
    return Account.of(cloud.lab, user).containers(BUCKETS)


def keys_left(cloud: Cloud) -> list[str]:
    """Return the keys that `verify -i` made for the administrator."""
    rest = Rest(cloud.lab)
    (admin,) = rest.find("user", name="admin")
    listed = rest.send("GET", f"/users/{admin['id']}/credentials/OS-EC2")["credentials"]
    return [each["access"] for each in listed if each["access"].startswith(KEYS)]


def wait_for_line(process: subprocess.Popen[str], number: int) -> list[str]:
    """Return the lines of progress up to the one with a number, counted from 1."""
    assert process.stderr is not None
    said = [process.stderr.readline() for _ in range(number)]
    assert all(line.startswith("  passed ") for line in said), said
    return said


def test_keys_of_an_eucarc_are_verified_and_shown_as_a_table(served: Cloud, demo: Bundle) -> None:
    ran = served.run("verify", "--eucarc", str(demo.eucarc))
    heading, *rows, counts = ran.out.splitlines()
    assert heading.split() == ["result", "check", "target", "seconds"]
    passed = sum(row.startswith("passed ") for row in rows)
    assert passed > 20
    assert counts == f"{passed} passed, 2 skipped"
    assert ran.err.splitlines()[-1] == "  passed remove what was made"
    assert buckets_left(served, "demo") == []


def test_keys_of_a_profile_are_verified_and_another_projects_are_refused(
    served: Cloud, demo: Bundle, bob: Bundle
) -> None:
    ran = served.run(
        *("verify", "--profile", "demo", "--foreign-eucarc", str(bob.eucarc)),
        *("--format", "json"),
        status=0,
        **demo.aws_files,
    )
    document = ran.document
    assert document["passed"] is True
    assert document["counts"] == {
        "passed": len(document["checks"]) - 1,
        "failed": 0,
        "not run": 0,
        "skipped": 1,
    }
    (foreign,) = (c for c in document["checks"] if c["name"] == "another project's key is refused")
    assert (foreign["status"], foreign["detail"]) == ("passed", "HTTP 404 NoSuchBucket")
    assert buckets_left(served, "demo") == []


def test_an_inventory_is_verified_proxy_by_proxy_and_through_the_public_url(
    served: Cloud, bob: Bundle
) -> None:
    ran = served.run(
        *("verify", "-i", served.inventory, "--foreign-eucarc", str(bob.eucarc)),
        *("--format", "junit"),
    )
    suites = ET.fromstring(ran.out)  # noqa: S314 - our own program's
    record = served.lab.record
    tried = {suite.get("name"): {case.get("name") for case in suite} for suite in suites}
    assert set(tried) == {record.url(name) for name in ("proxy1", "proxy2", "front")}
    assert "put and get an object" in set.intersection(*tried.values())
    assert "read what other proxies wrote" in tried[record.url("proxy2")]
    assert "seen through Swift's native API" in tried[record.url("front")]
    assert [suites.get(name) for name in ("failures", "errors", "skipped")] == ["0", "0", "0"]
    assert suites.get("tests") == str(sum(len(suite) for suite in suites))
    assert buckets_left(served, "admin") == []
    assert keys_left(served) == []


def test_a_wrong_secret_fails_with_a_hint_and_exit_status_5(
    served: Cloud, demo: Bundle, tmp_path: Path
) -> None:
    wrong = tmp_path / "eucarc"
    wrong.write_text(demo.eucarc.read_text().replace(demo.secret, "0" * 32))
    ran = served.run("verify", "--eucarc", str(wrong), "--format", "json", status=5)
    checks = {check["name"]: check for check in ran.document["checks"]}
    assert checks["list buckets"]["status"] == "failed"
    assert "SignatureDoesNotMatch" in checks["list buckets"]["detail"]
    assert checks["list buckets"]["hint"]
    assert checks["put and get an object"]["status"] == "not run"
    assert buckets_left(served, "demo") == []


@pytest.mark.parametrize("number", [1, 4, 8, 12])
def test_ctrl_c_leaves_no_bucket_behind(served: Cloud, demo: Bundle, number: int) -> None:
    process = served.start("verify", "--eucarc", str(demo.eucarc))
    said = wait_for_line(process, number)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED, err
    assert out == ""
    assert "Traceback" not in err
    assert err.splitlines()[-1] == "setup-tool: Interrupted."
    served.assert_no_secret(*said, err)
    assert buckets_left(served, "demo") == []


@pytest.mark.parametrize("number", [1, 3, 9, 18])
def test_ctrl_c_leaves_neither_bucket_nor_key_of_the_administrator_behind(
    served: Cloud, number: int
) -> None:
    process = served.start("verify", "-i", served.inventory)
    said = wait_for_line(process, number)
    assert len(keys_left(served)) == 1
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED, err
    assert "Traceback" not in err
    served.assert_no_secret(*said, err)
    assert buckets_left(served, "admin") == []
    assert keys_left(served) == []


def test_a_killed_run_leaves_one_key_at_most_which_a_later_one_removes(served: Cloud) -> None:
    process = served.start("verify", "-i", served.inventory)
    wait_for_line(process, 5)
    process.kill()
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    (left,) = keys_left(served)
    Account.of(served.lab, "admin").remove(BUCKETS)
    keys = KeystoneKeys(open_session("lab", served.environment))
    owner = keys.owner(None, None, None)
    made, digits = left.removeprefix(KEYS).split("-")
    long_ago = f"{KEYS}{int(made) - 86400}-{digits}"
    keys.create_chosen(owner, KeyPair(long_ago, Secret("not in use")))
    served.run("verify", "-i", served.inventory)
    assert keys_left(served) == [left], "another operator might still be using that one"
    for credential in keys.find(owner):
        if credential.pair.access == left:
            keys.delete(credential)
    assert keys_left(served) == []
    assert buckets_left(served, "admin") == []
