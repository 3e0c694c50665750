"""The clients that Debian 12 has, and a machine that has them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients.client import Client, Limit
from tests.clients.drivers import Aws, Program, Rclone, Restic, S3cmd, S3fs
from tests.clients.page import Section
from tests.nodes.image import TODAY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

    from tests.nodes.machine import Machine

_PACKAGES = Path(__file__).parent / "files/packages-clients"
_PROGRAMS = Path(__file__).parents[1] / "clients/programs"
_THERE = Path("/srv/programs")

# The file of restic names a bucket, which is for its reader to change.
_RESTIC = """
bucket=$1
shift
RESTIC_REPOSITORY=${RESTIC_REPOSITORY%/*}/$bucket exec restic --no-cache --quiet "$@"
"""


def tools() -> Path:
    """Return the layer with the clients.

    It is made where it is not kept, which takes a way out: not on a cloud's network.
    """
    return TODAY.layer("clients", _PACKAGES)


@dataclass(frozen=True, slots=True)
class Inside:
    """A machine with the clients, as what runs them."""

    machine: Machine

    def furnish(self) -> None:
        """Give it the programs, and the device that file systems of users are seen through."""
        self.take(_PROGRAMS, _THERE)
        self.machine.sh("[ -e /dev/fuse ] || mknod -m 666 /dev/fuse c 10 229")

    def take(self, folder: Path, there: Path | None = None) -> None:
        """Copy a folder, to the same place unless another is said: paths in its files are whole."""
        place = self.machine.root / (there or folder).relative_to("/")
        shutil.copytree(folder, place, dirs_exist_ok=True)

    def ran(
        self, words: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a program with just this environment and return how it ended."""
        values = [f"{name}={value}" for name, value in environment.items()]
        return self.machine.ran(["env", *values, *words])


def _program(interpreter: str, name: str) -> tuple[str, ...]:
    return (interpreter, str(_THERE / name))


CLIENTS = (
    Client("s3cmd", "2.3.0", ("s3cmd",), S3cmd, "`.s3cfg`"),
    Client(
        # endpoints in its files came with 2.13
        *("AWS CLI", "2.9.19", ("sh", "-c", 'exec aws --endpoint-url "$S3_URL" "$@"', "aws"), Aws),
        "`eucarc`, `--endpoint-url $S3_URL`",
        sources="eucarc",
        spared=frozenset({"make", "odd names", "remove"}),
    ),
    Client("boto", "2.49.0", _program("python3", "with_boto.py"), Program, "`.boto`"),
    Client(
        # before 1.68 it ends where AWS_CA_BUNDLE is set, as an eucarc with certificates does
        *("rclone", "1.60.1", ("sh", "-c", 'exec rclone --ca-cert "$HOME/ca.pem" "$@"', "rclone")),
        Rclone,
        "`rclone.conf`, `--ca-cert`",
    ),
    Client(
        *("Apache Libcloud", "3.4.1", _program("python3", "with_libcloud.py"), Program, "`eucarc`"),
        sources="eucarc",
    ),
    Client(
        *("fog-aws", "3.15.0", _program("ruby", "with_fog.rb"), Program, "`eucarc`"),
        sources="eucarc",
        limits={
            "list buckets": Limit(
                "it asks Amazon for the list of buckets, whatever its endpoint is",
                r"no address for s3\.amazonaws\.com",
            )
        },
    ),
    Client(
        *("s3fs", "1.90", _program("sh", "with_s3fs.sh"), S3fs, "`s3fs-mount.sh`"),
        lacks=frozenset({"list buckets", "make", "remove"}),
    ),
)
OPERATIONS = (
    *("list buckets", "make", "put", "get", "multipart", "list", "odd names", "delete", "remove"),
)
BACKUP = "init, backup, restore, forget"

_AGAINST = "Against [the test hosts](test-hosts.md): Swift 2.30.1, Keystone 22.0.2, HAProxy."

SECTIONS = (
    Section("From Debian 12", _AGAINST, CLIENTS, OPERATIONS),
    Section(
        "restic from Debian 12",
        _AGAINST,
        (
            Client(
                *("restic", "0.14.0", ("sh", "-c", _RESTIC, "restic"), Restic, "`restic.env`"),
                sources="restic.env",
                environment={"RESTIC_PASSWORD_COMMAND": "echo of the backups"},
                limits={
                    "http": Limit(
                        "without TLS it signs uploads piece by piece, which Swift before 2.35.1"
                        " and 2.36.0 refuses",
                        "client.PutObject: .* aws-chunked is not supported",
                    )
                },
            ),
        ),
        (BACKUP,),
    ),
)
