"""A watch on what the processes and files of a cloud's machines show while something runs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from setup_tool.core.credential import PASSING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from tests.nodes.accounts import Accounts
    from tests.nodes.hosts import Hosts

STATE = "var/lib/setup-tool"
_SHARED_FOLDERS = (
    *("etc/swift", "etc/swift/conf.d", "etc/ec2api", "opt/setup-tool", "var/lib/ec2api"),
    *("tmp", "var/tmp", "home/ops", "home/asked"),
)
_TOKEN = re.compile(r"gAAAAA[\w-]{40,}")
"""One of Keystone's, whole: Swift's log shows how they begin."""
_NUMBERED_ANEW = 10.0
"""Seconds in which no process gets the number of one that was another cloud's."""
_SIGNATURE = re.compile(r"(?i)x-amz-signature(?:=|%3d)[0-9a-f]{64}")


@dataclass(slots=True)
class Watch:
    """What was seen of the processes on a cloud's network, the operator's own among them.

    Their arguments and environments are looked at all the time, and so is what others than
    root might read of the files that come and go. ``keys`` are the secrets of the pairs of
    keys that runs made for themselves.
    """

    hosts: Hosts
    accounts: Accounts
    every: float = 0.002
    """Seconds between two looks at the processes, five between those at files, and a hundred
    between those at keys. A look at the processes takes about as long itself."""
    arguments: set[bytes] = field(default_factory=set)
    environments: set[bytes] = field(default_factory=set)
    readable: dict[str, set[bytes]] = field(default_factory=dict)
    open_states: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _known: set[tuple[str, bytes]] = field(default_factory=set)
    _files: set[tuple[str, int, int]] = field(default_factory=set)

    def __enter__(self) -> Self:
        for work in (self._watch_processes, self._watch_files, self._watch_keys):
            self._threads.append(threading.Thread(target=work))
            self._threads[-1].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def ran(self, words: bytes) -> bool:
        """Tell whether a program was seen with these bytes in its arguments."""
        return any(words in arguments for arguments in self.arguments)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Return all that was seen, and where."""
        for where, seen in (("arguments", self.arguments), ("environment", self.environments)):
            for each in seen:
                yield where, each.replace(b"\0", b" ").decode(errors="replace")
        for path, contents in self.readable.items():
            for content in contents:
                yield path, content.decode(errors="replace")

    def _watch_processes(self) -> None:
        networks = {
            Path(f"/run/netns/{self.hosts.network.namespace(name)}").stat().st_ino
            for name in ("operator", *self.hosts.running)
        }
        others: dict[str, float] = {}
        while not self._over.wait(self.every):
            now = time.monotonic()
            for process in Path("/proc").iterdir():
                if process.name.isdecimal() and others.get(process.name, 0.0) < now:
                    with contextlib.suppress(OSError):
                        if not self._look(process, networks):
                            others[process.name] = now + _NUMBERED_ANEW

    def _look(self, process: Path, networks: set[int]) -> bool:
        """Look at a process; tell whether it may be one of the cloud's."""
        arguments = (process / "cmdline").read_bytes()
        if (process.name, arguments) in self._known:
            return True
        if (process / "ns/net").stat().st_ino not in networks or process.name == str(os.getpid()):
            return False
        self._known.add((process.name, arguments))
        self.arguments.add(arguments)
        self.environments.add((process / "environ").read_bytes())
        return True

    def _watch_files(self) -> None:
        roots = [self.hosts[name].root for name in self.hosts.running]
        while not self._over.wait(5 * self.every):
            for root in roots:
                with contextlib.suppress(OSError):
                    mode = (root / STATE).stat().st_mode
                    self.open_states |= {oct(mode)} if mode & 0o077 else set()
                for folder in _SHARED_FOLDERS:
                    self._read(root / folder)

    def _read(self, folder: Path) -> None:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    seen = (entry.path, status.st_mtime_ns, status.st_mode)
                    if seen not in self._files and entry.is_file(follow_symlinks=False):
                        self._files.add(seen)
                        if status.st_mode & 0o004:
                            content = Path(entry.path).read_bytes()
                            self.readable.setdefault(entry.path, set()).add(content)

    def _watch_keys(self) -> None:
        while not self._over.wait(100 * self.every):
            with contextlib.suppress(LookupError):  # a key was deleted while they were listed
                found: Any = self.accounts.ask("GET", "/credentials?type=ec2")
                blobs = [json.loads(each["blob"]) for each in found["credentials"]]
                self.keys |= {b["secret"] for b in blobs if b["access"].startswith(PASSING)}


def given_away(text: str, secrets: set[str]) -> str | None:
    """Return what kind of secret a text holds, None when there is none in it."""
    if any(secret in text for secret in secrets):
        return "a password or key"
    if _TOKEN.search(text):
        return "a token"
    if _SIGNATURE.search(text):
        return "a signature that is still valid"
    return None
