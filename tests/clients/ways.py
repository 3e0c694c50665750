"""The S3 clients of `requirements/clients.txt`, and the ways in which they find their files."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.end_to_end.bundles import Bundle

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = REPOSITORY / ".cache/clients/bin"
PATH = f"{PROGRAMS}:/usr/local/bin:/usr/bin:/bin"
SHELLS = ("dash", "bash")


@dataclass(frozen=True, slots=True)
class Way:
    """How a client is told of a bundle: by a shell that sources the eucarc, or by its files.

    Its environment has nothing else. Where ``home`` is the bundle itself, nothing but
    that tells it.
    """

    bundle: Bundle
    home: Path
    shell: str | None = None

    def s3cmd(self, *words: object) -> str:
        """Run s3cmd and return what it printed."""
        given = () if self.shell or self._at_home else ("-c", self.bundle.s3cfg)
        return self._run("s3cmd", *given, *words)

    def aws(self, *words: object) -> str:
        """Run the AWS CLI and return what it printed."""
        given = () if self.shell else ("--profile", "demo")
        return self._run("aws", *given, *words)

    def python(self, script: str, *words: object) -> str:
        """Run a script beside this file with the clients' Python; return what it printed.

        Its first argument is the profile, empty where the environment says all.
        """
        path = Path(__file__).with_name(script)
        return self._run("python", path, "" if self.shell else "demo", *words)

    @property
    def _at_home(self) -> bool:
        return self.home == self.bundle.directory

    def _run(self, program: str, *words: object) -> str:
        command = [str(PROGRAMS / program), *map(str, words)]
        environment = {"PATH": PATH, "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        if self.shell:
            source = '. "$1" && shift && exec "$@"'
            command = [self.shell, "-c", source, self.shell, str(self.bundle.eucarc), *command]
        elif not self._at_home:
            environment |= self.bundle.aws_files
        ran = subprocess.run(
            command,
            env=environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{program} {words}: {ran.stdout}{ran.stderr}"
        return ran.stdout


def assert_installed() -> None:
    """Fail with what to do when the clients' environment was not built."""
    ready = PROGRAMS.parent / "ready"
    assert ready.exists(), f"run `make {ready.relative_to(REPOSITORY)}` first"
