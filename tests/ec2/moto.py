"""moto's server of EC2: an implementation that shares nothing with OpenStack's."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.adapters.files import LocalFiles
from setup_tool.core.credential import CloudUrls, Credential, KeyPair, Owner
from setup_tool.core.secret import Secret
from setup_tool.credentials.bundle import write_bundle
from setup_tool.credentials.clients import chosen
from tests.ec2.operator import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
_MOTO = ROOT / ".cache/moto"
_PROGRAM = Path(__file__).parent / "programs/serve_moto.py"

REGION = "us-east-1"
IMAGE = "ami-12c6146b"
"""One of those that moto comes with."""
IMAGE_NAME = "Windows_Server-2008-R2_SP1-English-64Bit-Base-2017.10.13"


@dataclass(frozen=True, slots=True)
class Server:
    """A running service and a key for it."""

    root: str
    pair: KeyPair

    def operator(self, folder: Path, path: str = "/") -> Operator:
        """Return somebody with the files that the tool writes for the service at a path."""
        urls = CloudUrls(f"{self.root}/v3", REGION, REGION, ec2=f"{self.root}{path}")
        credential = Credential(Owner("u", "demo", "p", "demo"), self.pair)
        clients = chosen(["eucarc", "aws"])
        write_bundle(LocalFiles(), str(folder), credential, urls, profile="demo", clients=clients)
        return Operator(folder, self.pair.secret.reveal())


def version() -> str:
    """Return the pinned version."""
    found = re.search(r"^moto==(\S+)", (ROOT / "requirements/moto.txt").read_text(), re.MULTILINE)
    assert found
    return found.group(1)


@contextmanager
def serving(*paths: str, asks_who: bool = False) -> Iterator[Server]:
    """Run the server at paths of a port.

    With ``asks_who`` it looks at the signatures, and takes those of SigV4 alone.
    """
    assert (_MOTO / "ready").exists(), "run `make .cache/moto/ready` first"
    environment = dict(os.environ)
    if asks_who:
        environment["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"
    with subprocess.Popen(
        [_MOTO / "bin/python", _PROGRAM, *paths],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            port, access, secret = process.stdout.readline().split()
            yield Server(f"http://127.0.0.1:{port}", KeyPair(access, Secret(secret)))
        finally:
            process.kill()
