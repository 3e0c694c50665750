"""Why an installation failed is told in the words of dnf, yum, zypper or a package's script."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from setup_tool.node.run_packages import PACKAGES
from tests.node.places import SHELLS

if TYPE_CHECKING:
    from pathlib import Path

# Printed by dnf 4.14.0.
UNREACHED = """\
Errors during downloading metadata for repository 'local':
  - Curl error (7): Couldn't connect to server for http://user:hush@mirror/repodata/repomd.xml
Error: Failed to download metadata for repo 'local': Cannot download repomd.xml
Ignoring repositories: local
Error: Unable to find a match: wanted
"""
UNFETCHED = """\
[MIRROR] wanted-1.0-1.noarch.rpm: Curl error (37): Couldn't read a file:// file for file:///srv/x
Error: Error downloading packages:
  wanted-1.0-1.noarch: Cannot download, all mirrors were already tried without success
"""
UNSIGNED = """\
Package wanted-1.0-1.noarch.rpm is not signed
Error: GPG check FAILED
"""
SCRIPT = """\
error: %prein(wanted-1.0-1.noarch) scriptlet failed, exit status 7

Error in PREIN scriptlet in rpm package wanted
Error: Transaction failed
"""
UNMET = """\
Error:\x20
 Problem: conflicting requests
  - nothing provides no-such-thing needed by wanted-1.0-1.noarch
"""
# As yum 3.4.3 writes it.
OLD_UNREACHED = """\
 One of the configured repositories failed (local),
 and yum doesn't have enough cached data to continue.

failure: repodata/repomd.xml from local: [Errno 256] No more mirrors to try.
"""
# Printed by zypper 1.14.42.
SUSE_UNREACHED = """\
Download (curl) error for 'http://user@mirror/content':
Error code: Connection failed
Error message: Failed to connect to mirror port 80
"""
SUSE_UNSIGNED = " - Signature verification failed for repomd.xml\n"
SUSE_SCRIPT = """\
Error: Subprocess failed. Error: RPM failed:
error: %prein(wanted-1.0-1.noarch) scriptlet failed, exit status 7
"""


@pytest.mark.parametrize("shell", sorted(SHELLS))
@pytest.mark.parametrize(
    ("way", "printed", "said"),
    [
        (
            "dnf",
            UNREACHED,
            (
                "Failed to download metadata for repo 'local': Cannot download repomd.xml "
                "(Curl error (7): Couldn't connect to server for http://mirror/repodata/repomd.xml)"
            ),
        ),
        (
            "dnf",
            UNFETCHED,
            (
                "wanted-1.0-1.noarch: Cannot download, all mirrors were already tried without "
                "success (Curl error (37): Couldn't read a file:// file for file:///srv/x)"
            ),
        ),
        ("dnf", UNSIGNED, "GPG check FAILED (Package wanted-1.0-1.noarch.rpm is not signed)"),
        ("dnf", SCRIPT, "Error in PREIN scriptlet in rpm package wanted"),
        ("dnf", UNMET, "conflicting requests"),
        (
            "dnf",
            OLD_UNREACHED,
            "failure: repodata/repomd.xml from local: [Errno 256] No more mirrors to try.",
        ),
        ("zypper", SUSE_UNREACHED, "Failed to connect to mirror port 80"),
        ("zypper", SUSE_UNSIGNED, "Signature verification failed for repomd.xml"),
        (
            "zypper",
            SUSE_SCRIPT,
            "%prein(wanted-1.0-1.noarch) scriptlet failed, exit status 7",
        ),
    ],
)
def test_the_first_cause_is_told_without_a_login(
    tmp_path: Path, shell: str, way: str, printed: str, said: str
) -> None:
    (tmp_path / "said.packages").write_text(printed)
    words = [SHELLS[shell], *(["sh"] if shell == "busybox" else [])]
    script = f"{PACKAGES}\nway={way}\nmanager_complaint\nprintf '%s' \"$said\"\n"
    ran = subprocess.run(
        [*words, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert ran.stdout == said
