"""What dnf, yum and zypper print becomes what installing would do."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from setup_tool.core.facts import Arrival, InstallFact, Source
from setup_tool.node.distribution import DISTRIBUTION
from setup_tool.node.package_plan import PACKAGE_PLAN
from setup_tool.node.reply_packages import parse_install
from tests.node.places import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

# Printed by dnf 4.14.0.
NEW = """\
Last metadata expiration check: 0:00:01 ago on Sun Nov 22 03:13:38 2026.
Dependencies resolved.
================================================================================
 Package           Architecture      Version             Repository        Size
================================================================================
Installing:
 wanted            noarch            1:1.0-1             local            5.4 k
Installing dependencies:
 daemon            x86_64            2.0~rc1-1.el9       local            5.4 k

Transaction Summary
================================================================================
Install  2 Packages

Total size: 11 k
Installed size: 0
DNF will only download packages, install gpg keys, and check the transaction.
Is this ok [y/N]: Operation aborted.
"""
HARMFUL = """\
Installing:
 harmful            noarch            1.0-1              local            5.4 k
     replacing  other.noarch 1.0-1
Upgrading:
 old                noarch            2.0-1              local            5.4 k
Removing dependent packages:
 leaning            noarch            1.0-1              @System            0

Transaction Summary
"""
UNKNOWN = """\
No match for argument: wanted
No match for argument: python3-other
Error: Unable to find a match: wanted python3-other
"""
UNLISTED = """\
Error: Cache-only enabled but no cache for 'local'
Ignoring repositories: local
Error: There are no enabled repositories in "/etc/yum.repos.d".
"""
UNMET = """\
Error:\x20
 Problem: conflicting requests
  - nothing provides no-such-thing needed by wanted-1.0-1.noarch
  - nothing provides another needed by wanted-1.0-1.noarch
(try to add '--skip-broken' to skip uninstallable packages)
"""
NO_REPOSITORY = """\
Error: There are no enabled repositories in "/etc/yum.repos.d", "/etc/yum/repos.d".
"""
LOCKED = "RPMDB already locked by 8951\n"
NOT_ASIDE = """\
[Errno 30] Read-only file system: '/cache/local'
Error: Failed to open: /cache/local.solv (Read-only file system)
"""

# As yum 3.4.3's listTransaction and cli write it, at 80 columns.
OLD_TABLE = """\
Loaded plugins: fastestmirror
Dependencies Resolved

================================================================================
 Package                         Arch   Version                    Repository
                                                                           Size
================================================================================
Installing:
 openstack-swift-plugin-swift3   noarch 1.12.0-1.el7               local   42 k
Installing for dependencies:
 python-a-name-that-is-longer-than-its-column
                                 noarch 1.2-3.el7                  local   12 k
Updating for dependencies:
 old                             noarch 2.0-1                      local  5.4 k

Transaction Summary
================================================================================
Install  1 Package (+1 Dependent package)
Upgrade             ( 1 Dependent package)

Total download size: 60 k
Exiting on user command
"""
OLD_UNKNOWN = """\
No package wanted available.
Error: Nothing to do
"""
OLD_UNLISTED = """\
Error: Caching enabled but no local cache of /var/cache/yum/local/repomd.xml from local
"""
OLD_UNMET = """\
Error: Package: wanted-1.0-1.noarch (local)
           Requires: no-such-thing
 You could try using --skip-broken to work around the problem
"""

# Printed by zypper 1.14.42.
SUSE_HARMFUL = """\
<?xml version='1.0'?>
<stream>
<message type="info">Resolving package dependencies...</message>
<install-summary download-size="11066" space-usage-diff="0" packages-to-change="3">
<to-upgrade>
<solvable type="package" name="old" edition="2.0-1" arch="noarch" edition-old="1.0-1" summary="s">
<description>d</description></solvable>
</to-upgrade>
<to-install>
<solvable type="package" name="wanted" edition="1.0-1" arch="noarch" summary="s">
<description>d</description></solvable>
</to-install>
<to-remove>
<solvable type="package" name="other" edition="1.0-1" arch="noarch" summary="s">
<description>d</description></solvable>
</to-remove>
</install-summary>
</stream>
"""
SUSE_UNKNOWN = """\
<message type="error">Error building the cache:
[local|http://user@127.0.0.1/] Valid metadata not found at specified URL
</message>
<message type="info">&apos;wanted&apos; not found in package names. Trying capabilities.</message>
<message type="error">No provider of &apos;wanted&apos; found.</message>
"""
SUSE_UNMET = """\
<prompt id="1">
<description>Problem: nothing provides &apos;that &gt;= 1&apos; needed by wanted-1.0-1.noarch
 Solution 1: do not install wanted-1.0-1.noarch
</description>
</prompt>
"""


def run(folder: Path, shell: str, script: str) -> str:
    words = [SHELLS[shell], *(["sh"] if shell == "busybox" else [])]
    text = f"PATH={folder}:$PATH\nnewline='\n'\n{DISTRIBUTION}{PACKAGE_PLAN}{script}\n"
    return subprocess.run([*words, "-c", text], capture_output=True, text=True, check=True).stdout


def planned(folder: Path, shell: str, manager: str, printed: str) -> InstallFact:
    """Return the plan of a manager that prints this where it was not told to install."""
    program = folder / manager
    program.write_text(
        "#!/bin/sh\n"
        'case "$*" in *" -y "* | "-y "*) exit 9 ;; esac\n'
        f"cat <<'END'\n{printed}END\nexit 1\n"
    )
    program.chmod(0o755)
    said = run(folder, shell, f"manager={manager} apart=\nplan_packages wanted python3-other")
    return parse_install(f"source package\nmanager {manager}\nmissing wanted\n{said}")


@pytest.fixture(params=sorted(SHELLS))
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_comes_is_named_with_its_version(tmp_path: Path, shell: str) -> None:
    assert planned(tmp_path, shell, "dnf", NEW) == InstallFact(
        Source.PACKAGE,
        "dnf",
        missing=("wanted",),
        arrives=(Arrival("wanted", "1:1.0-1"), Arrival("daemon", "2.0~rc1-1.el9")),
    )


def test_what_is_touched_or_replaced_is_told_apart(tmp_path: Path, shell: str) -> None:
    fact = planned(tmp_path, shell, "dnf", HARMFUL)
    assert fact.arrives == (Arrival("harmful", "1.0-1"),)
    assert fact.upgrades == ("old",)
    assert fact.removes == ("other", "leaning")


def test_a_table_of_yum_is_read_across_its_broken_lines(tmp_path: Path, shell: str) -> None:
    fact = planned(tmp_path, shell, "yum", OLD_TABLE)
    assert fact.arrives == (
        Arrival("openstack-swift-plugin-swift3", "1.12.0-1.el7"),
        Arrival("python-a-name-that-is-longer-than-its-column", "1.2-3.el7"),
    )
    assert fact.upgrades == ("old",)
    assert fact.problem is None


@pytest.mark.parametrize(
    ("manager", "printed", "unknown"),
    [
        ("dnf", UNKNOWN, ("wanted", "python3-other")),
        ("dnf", UNLISTED, ("wanted", "python3-other")),
        ("yum", OLD_UNKNOWN, ("wanted",)),
        ("yum", OLD_UNLISTED, ("wanted", "python3-other")),
        ("zypper", SUSE_UNKNOWN, ("wanted",)),
    ],
)
def test_a_package_in_no_list_is_unknown_and_no_problem(
    tmp_path: Path, shell: str, manager: str, printed: str, unknown: tuple[str, ...]
) -> None:
    fact = planned(tmp_path, shell, manager, printed)
    assert fact.unknown == unknown
    assert fact.problem is None


@pytest.mark.parametrize(
    ("manager", "printed", "problem"),
    [
        (
            "dnf",
            UNMET,
            "conflicting requests (nothing provides no-such-thing needed by wanted-1.0-1.noarch)",
        ),
        (
            "dnf",
            NO_REPOSITORY,
            'There are no enabled repositories in "/etc/yum.repos.d", "/etc/yum/repos.d".',
        ),
        ("yum", OLD_UNMET, "Package: wanted-1.0-1.noarch (local) (Requires: no-such-thing)"),
        ("zypper", SUSE_UNMET, "nothing provides 'that >= 1' needed by wanted-1.0-1.noarch"),
    ],
)
def test_what_a_manager_would_not_do_comes_with_its_first_reason(
    tmp_path: Path, shell: str, manager: str, printed: str, problem: str
) -> None:
    fact = planned(tmp_path, shell, manager, printed)
    assert fact.problem == problem
    assert fact.arrives == ()


@pytest.mark.parametrize("printed", [LOCKED, NOT_ASIDE])
def test_what_says_nothing_of_the_packages_leaves_the_plan_open(
    tmp_path: Path, shell: str, printed: str
) -> None:
    fact = planned(tmp_path, shell, "dnf", printed)
    assert fact == InstallFact(Source.PACKAGE, "dnf", missing=("wanted",))


def test_zypper_s_summary_is_read_by_what_is_to_be_done(tmp_path: Path, shell: str) -> None:
    fact = planned(tmp_path, shell, "zypper", SUSE_HARMFUL)
    assert fact.arrives == (Arrival("wanted", "1.0-1"),)
    assert fact.upgrades == ("old",)
    assert fact.removes == ("other",)
