"""setup-tool as an operator runs it, against a lab."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from setup_tool.lab import lab as embedded
from tests import warm

if TYPE_CHECKING:
    from tests.lab_fixture import RunningLab

PROGRAM = (sys.executable, "-m", "setup_tool")
_GIVEN_AWAY = re.compile(r"(?i)secret_?key\s*[=:]\s*[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Commands:
    """The program as an operator runs it, for whoever says where and with what secrets."""

    __slots__ = ()
    patience: ClassVar = 300
    """Seconds a command may take."""

    @property
    def folder(self) -> Path:
        """The working directory."""
        raise NotImplementedError

    @property
    def environment(self) -> dict[str, str]:
        raise NotImplementedError

    def assert_no_secret(self, *texts: str) -> None:
        """Fail when a password of the cloud, or a line that gives a secret away, is in a text."""
        raise NotImplementedError

    def start(self, *words: str, **overrides: str) -> subprocess.Popen[str]:
        """Start the program and leave it running; ``overrides`` are of its environment."""
        program = PROGRAM if _is_heard_at_the_start(overrides) else warm.ready().program
        return self._begun(program, words, overrides)

    def _begun(
        self, program: tuple[str, ...], words: tuple[str, ...], overrides: dict[str, str]
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*program, *words],
            env=self.environment | overrides,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
        )

    def run(self, *words: str, status: int | None = 0, **overrides: str) -> Ran:
        """Run the program; its exit status must be the given one, None: any."""
        return self._judged(self._ran(words, overrides), status)

    def run_anew(self, *words: str, status: int | None = 0, **overrides: str) -> Ran:
        """Run the program as people start it: see `tests.warm` for when that matters."""
        return self._judged(self._ran_anew(words, overrides), status)

    def _judged(self, ran: Ran, status: int | None) -> Ran:
        self.assert_no_secret(ran.out, ran.err)
        assert "Traceback" not in ran.err, ran.err
        assert status in {None, ran.status}, f"exit status {ran.status}\n{ran.out}\n{ran.err}"
        return ran

    def _ran(self, words: tuple[str, ...], overrides: dict[str, str]) -> Ran:
        if _is_heard_at_the_start(overrides):
            return self._ran_anew(words, overrides)
        return Ran(*warm.run(words, self.environment | overrides, self.folder, self.patience))

    def _ran_anew(self, words: tuple[str, ...], overrides: dict[str, str]) -> Ran:
        process = self._begun(PROGRAM, words, overrides)
        out, err = process.communicate(timeout=self.patience)
        return Ran(process.returncode, out, err)


@dataclass(frozen=True, slots=True)
class Cloud(Commands):
    """A lab, and setup-tool with the environment that `lab env` prints."""

    lab: RunningLab

    @property
    def folder(self) -> Path:
        return self.lab.folder

    @property
    def inventory(self) -> str:
        return str(self.lab.layout.inventory)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("OS_")},
            **embedded.environment(self.lab.folder),
            "XDG_STATE_HOME": str(self.lab.folder / "operator-state"),
            "NO_COLOR": "1",
        }

    def apply(self, **changes: str) -> Ran:
        """Apply the lab's inventory, with some values of it changed."""
        return self.run("apply", "-i", self.inventory_with(**changes), "--yes")

    def plan(self, *words: str, inventory: str | None = None) -> Any:
        """Return the plan's document."""
        return self.run(
            "plan", "-i", inventory or self.inventory, "--format", "json", *words
        ).document

    def inventory_with(self, **changes: str) -> str:
        """Return the path of the lab's inventory with variables of ``all`` added."""
        if not changes:
            return self.inventory
        text = self.lab.layout.inventory.read_text()
        lines = "".join(f"    {name}: {value}\n" for name, value in changes.items())
        changed = text.replace("  vars:\n", f"  vars:\n{lines}", 1)
        digest = hashlib.sha256(changed.encode()).hexdigest()[:8]
        return str(place(self.lab.folder / f"inventory-{digest}.yaml", changed))

    def proxy_conf(self, proxy: str) -> Path:
        return self.lab.layout.proxy_conf(proxy)

    def secrets(self) -> set[str]:
        """Return every password of the lab; none may ever be printed."""
        passwords = json.loads((self.lab.folder / "passwords.json").read_text())
        return {value for value in passwords.values() if isinstance(value, str)}

    def assert_no_secret(self, *texts: str) -> None:
        """Fail when a password of the lab, or a line that gives a secret away, is in a text."""
        assert_none_of(self.secrets(), *texts)

    def tree(self, node: str) -> dict[str, tuple[int, int, int]]:
        """Return what would tell of any write below a node's folder: inode, size, ctime."""
        found = {}
        for path in [self.lab.layout.nodes / node, *(self.lab.layout.nodes / node).rglob("*")]:
            status = path.lstat()
            found[str(path)] = (status.st_ino, status.st_size, status.st_ctime_ns)
        return found


def _is_heard_at_the_start(variables: dict[str, str]) -> bool:
    """Tell whether one of them is heard when a program starts, and never again."""
    return any(name.startswith(("PYTHON", "LD_")) for name in variables)


def place(path: Path, text: str) -> Path:
    """Have a file of the operator's alone hold a text: at no instant less, others may read it."""
    if not path.exists() or path.read_text() != text:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as new:
            new.write(text)
        Path(new.name).rename(path)
    return path


def assert_none_of(secrets: set[str], *texts: str) -> None:
    """Fail when one of the secrets, or a line that gives a secret away, is in a text."""
    for text in texts:
        found = [secret for secret in secrets if secret in text]
        assert not found, "a password of the cloud was printed"
        assert not _GIVEN_AWAY.search(text), "a secret key was printed"
