"""What ``~/.ssh/config`` says of a host (ssh_config(5)); ``Include`` is followed."""

from __future__ import annotations

import re
import shlex
import threading
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.ssh_library import import_paramiko
from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LINE = re.compile(r"\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*")
_EXEC = re.compile(r".*\bexec\b", re.IGNORECASE)
_EVERYWHERE = "Host *"
_PERCENT = "\0"
"""Stands for ``%`` in a ProxyCommand, whose tokens the library would expand too early."""
_DEEPEST = 16
"""How deep files may include each other; OpenSSH's own limit."""


class SshConfig:
    """The operator's ``config`` in a folder, read at first use; for several threads."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "config"
        self._lock = threading.Lock()
        self._parsed: Any = None

    def options(self, host: str) -> Mapping[str, Any]:
        """Return the options for a host, their names in lower case, none without a file.

        Tokens (``%h``) are expanded, but for those of a ProxyCommand.
        Raises `DeclarationError` for a file that cannot be used.
        """
        paramiko = import_paramiko()
        unusable = (paramiko.SSHException, paramiko.ssh_exception.CouldNotCanonicalize)
        with self._lock:
            try:
                if self._parsed is None:
                    lines = self._lines(self.path, _EVERYWHERE, 0) if self.path.exists() else ()
                    self._parsed = paramiko.SSHConfig.from_text("\n".join(lines))
                found = dict(self._parsed.lookup(host))
                command = found.get("proxycommand")
                return found | {"proxycommand": command and command.replace(_PERCENT, "%")}
            except KeyError as problem:  # the library wants CanonicalDomains
                raise DeclarationError(f"{self.path} cannot be used without {problem}.") from None
            except (OSError, ValueError, *unusable) as problem:
                raise DeclarationError(f"{self.path} cannot be used: {problem}") from None

    def _lines(self, path: Path, block: str, depth: int) -> Iterator[str]:
        """Yield a file's lines and those it includes; ``block`` is what holds at its start."""
        outside = block
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = _LINE.fullmatch(line)
            word, value = (match[1].lower(), match[2]) if match else ("", "")
            if word == "match" and _EXEC.match(value):
                raise DeclarationError(
                    f"{path}, line {number}: `Match exec` cannot be used by setup-tool. Use `Host` "
                    "or `Match host` for what the nodes need."
                )
            if word in {"host", "match"}:
                if outside != _EVERYWHERE:
                    raise DeclarationError(
                        f"{path}, line {number}: this file is included below `{outside}` and has "
                        "a `Host` or `Match` of its own, which setup-tool does not follow. Put "
                        "the Include before the first `Host`."
                    )
                block = line
            if word != "include":
                yield line.replace("%", _PERCENT) if word == "proxycommand" else line
                continue
            if depth == _DEEPEST:
                raise DeclarationError(f"{path}, line {number}: files include each other.")
            for included in self._included(value):
                yield from self._lines(included, block.strip(), depth + 1)
                yield block

    def _included(self, patterns: str) -> Iterator[Path]:
        for pattern in shlex.split(patterns):
            folder, name = self.path.parent, pattern
            if pattern.startswith("~/"):
                folder, name = self.path.home(), pattern[2:]
            elif pattern.startswith("/"):
                folder, name = type(self.path)("/"), pattern.lstrip("/")
            yield from sorted(path for path in folder.glob(name) if path.is_file())
