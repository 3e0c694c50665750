"""setup-tool as somebody runs it who has an eucarc and nothing else of the cloud."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.cloud import Commands, assert_none_of

if TYPE_CHECKING:
    from tests.cloud import Ran


CLIENTS = Path(__file__).parents[2] / ".cache/clients"
_PROGRAMS = Path(__file__).parent / "programs"
_SOURCE = '. "$1" && shift && exec "$@"'


@dataclass(frozen=True, slots=True)
class Operator(Commands):
    """Works in a folder with the client files of a key whose secret nobody may see."""

    home: Path
    secret: str

    @property
    def folder(self) -> Path:
        return self.home

    @property
    def eucarc(self) -> Path:
        return self.home / "eucarc"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
        }

    def assert_no_secret(self, *texts: str) -> None:
        assert_none_of({self.secret, "PRIVATE KEY-----"}, *texts)

    def verify(self, *words: str, status: int | None = 0) -> Ran:
        """Verify with the eucarc."""
        return self.run("verify", "--eucarc", str(self.eucarc), *words, status=status)

    def checks(self, *words: str, status: int | None = 0) -> dict[str, Any]:
        """Verify with the eucarc and return the checks of the document by name."""
        document = self.verify(*words, "--format", "json", status=status).document
        return {check["name"]: check for check in document["checks"]}

    def ask(self, program: str, *words: str, **environment: str) -> Any:
        """Run one of the programs beside this with what sourcing the eucarc sets."""
        assert (CLIENTS / "ready").exists(), "run `make .cache/clients/ready` first"
        command = [str(CLIENTS / "bin/python"), str(_PROGRAMS / program), *words]
        ran = subprocess.run(
            ["/bin/sh", "-c", _SOURCE, "sh", str(self.eucarc), *command],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), **environment},
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        self.assert_no_secret(ran.stdout, ran.stderr)
        assert ran.returncode == 0, f"{program} {words}: {ran.stderr}"
        return json.loads(ran.stdout)
