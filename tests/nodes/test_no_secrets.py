"""No secret is shown by any process, log, file or output of a run, whatever becomes of it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import wait_until
from tests.nodes.accounts import Accounts
from tests.nodes.cloud import Cloud
from tests.nodes.watching import STATE, Watch, given_away

if TYPE_CHECKING:
    from tests.nodes.hosts import Hosts

PROXIES = ("proxy1", "proxy2")
CONF = "/etc/swift/proxy-server.conf"
_LOOKED_THROUGH = "/etc /var /tmp /run /home /opt /srv /usr/local"


@dataclass(slots=True)
class Runs:
    """What was run one after the other, what it said, and what was seen meanwhile."""

    cloud: Cloud
    watch: Watch
    said: dict[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> set[str]:
        return self.cloud.hosts.secrets() | self.watch.keys

    def run(self, *words: str, status: int | None = 0) -> str:
        """Run a command on a cloud entered with a password for sudo."""
        password = self.cloud.hosts.seed.passwords["asked"]
        inventory = self.cloud.inventory(
            ansible_user="asked", ansible_become_password=password, proxy_drain="off"
        )
        ran = self.cloud.run_anew(words[0], "-i", inventory, *words[1:], status=status)
        self.said[" ".join(words)] = ran.out + ran.err
        return ran.err


@pytest.fixture(scope="module")
def runs(hosts: Hosts) -> Runs:
    """A cloud that was refused, failed, was given S3, proven, and brought back."""
    hosts.up(*PROXIES)
    cloud = Cloud(hosts)
    accounts = Accounts.of(hosts)
    with Watch(hosts, accounts) as watch:
        made = Runs(cloud, watch)
        _refuse(made, accounts)
        _fail(made)
        made.run("apply", "-vvv", "--yes", "--format", "json", "--serial", "2")
        made.run("verify", "-vvv", "--format", "json")
        made.run("rollback", "--list")
        made.run("rollback", "-vvv", "--yes")
    return made


def _refuse(runs: Runs, accounts: Accounts) -> None:
    """A wrong password in a file, which Keystone and setup-tool refuse."""
    accounts.set_password("swift", "of-somebody-else")
    assert "Keystone refuses the login" in runs.run("plan", "-vvv", "--format", "json", status=2)
    accounts.set_password("swift", runs.cloud.hosts.seed.passwords["swift"])


def _fail(runs: Runs) -> None:
    """A file that Swift refuses, in its own words."""
    proxy = runs.cloud.hosts["proxy1"]
    proxy.sh(f"sed -i 's/^use = egg:swift#slo/&\\nmax_manifest_segments = many/' {CONF}")
    assert "'many'" in runs.run("apply", "-v", "--yes", status=1)
    proxy.sh(f"sed -i '/^max_manifest_segments = many/d' {CONF}")


def test_no_process_shows_a_secret_in_its_arguments_or_environment(runs: Runs) -> None:
    watch = runs.watch
    for program in (b"setup_tool", b"sudo", b"curl", STATE.encode()):
        assert watch.ran(program), program
    assert len(watch.keys) >= 2
    found = {(where, given_away(text, runs.secrets)) for where, text in watch.texts()}
    assert {each for each in found if each[1]} == set()


def test_what_a_process_shows_for_a_moment_is_seen(runs: Runs) -> None:
    hosts = runs.cloud.hosts
    with Watch(hosts, runs.watch.accounts) as watch:
        words = [
            "nsenter",
            f"--target={hosts['proxy1'].first_process}",
            "--net",
            "cat",
            "-",
            "s3cr",
        ]
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, env={"HIDDEN": "secret-in-it"}
        ) as shown:
            wait_until(lambda: watch.ran(b"cat\0-\0s3cr"))
            assert shown.stdin is not None
            shown.stdin.close()
            shown.wait()
    found = {where for where, text in watch.texts() if given_away(text, {"s3cr", "secret-in-it"})}
    assert found == {"arguments", "environment"}


def test_nothing_that_is_said_at_any_level_of_detail_holds_a_secret(runs: Runs) -> None:
    assert all(runs.said.values())
    found = {command: given_away(said, runs.secrets) for command, said in runs.said.items()}
    assert {command for command, secret in found.items() if secret} == set()


@pytest.mark.parametrize("name", PROXIES)
def test_no_journal_or_log_of_a_node_holds_a_secret(runs: Runs, name: str) -> None:
    proxy = runs.cloud.hosts[name]
    journal = proxy.sh("journalctl --no-pager --output json")
    assert "setup-tool" in journal
    assert "swift-proxy" in journal
    assert given_away(journal, runs.secrets) is None
    logs = proxy.sh("find /var/log -type f -exec cat {} + | tr -cd '[:print:][:space:]'")
    assert given_away(logs, runs.secrets) is None


@pytest.mark.parametrize("name", PROXIES)
def test_what_other_users_of_a_node_can_read_holds_no_secret(runs: Runs, name: str) -> None:
    proxy = runs.cloud.hosts[name]
    assert proxy.sh(f"find /{STATE} -perm /077") == ""
    assert runs.watch.open_states == set()
    patterns = "".join(f"{secret}\n" for secret in runs.secrets)
    look = f"grep -rlF -D skip -f - {_LOOKED_THROUGH} 2>/dev/null"
    assert {CONF} < set(proxy.sh(look, stdin=patterns, status=None).split())
    others = proxy.sh(f"runuser -u nobody -- {look}", stdin=patterns, status=None)
    assert others == ""


def test_what_is_kept_on_the_operator_s_side_holds_no_secret(runs: Runs) -> None:
    kept = [path for path in (runs.cloud.folder / "state").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert given_away(path.read_text(), runs.secrets) is None, path
        assert path.stat().st_mode & 0o077 == 0, path
