"""Refusals: a sentence on stderr, the same in JSON, an exit status, and nothing changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from setup_tool.lab.layout import NODES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

_OF_A_NODE = " " * 10
"""How far a node's own variables stand in."""

WRONG, FAILED, UNREACHABLE, NOT_WELL = 2, 1, 4, 5


def refused(cloud: Cloud, *words: str, status: int = WRONG, **environment: str) -> str:
    """Run a command that must be refused and return the sentence it says.

    The nodes' files keep even their times of change, and Keystone is not written to.
    """
    before = {node: cloud.tree(node) for node in NODES}
    asked_before = len(cloud.lab.access_lines())
    ran = cloud.run(*words, "--format", "json", status=status, **environment)
    sentence = ran.document["error"]
    assert ran.document == {"error": sentence, "exit_status": status}
    assert sentence in ran.err
    assert {node: cloud.tree(node) for node in NODES} == before
    written = [line for line in cloud.lab.access_lines()[asked_before:] if _writes(line)]
    assert written == []
    return str(sentence)


def apply(cloud: Cloud, inventory: str, *words: str, status: int = WRONG, **env: str) -> str:
    """Return why an apply that would change whatever differs is refused."""
    return refused(cloud, "apply", "-i", inventory, "--yes", *words, status=status, **env)


def _writes(line: str) -> bool:
    """Tell a line of Keystone's access log that is no reading and no attempt to log in."""
    _, method, uri, *_ = line.split()
    return method not in {"GET", "HEAD"} and (method, uri) != ("POST", "/v3/auth/tokens")


def _name(line: str) -> str:
    return line.partition(":")[0].strip()


@dataclass(frozen=True, slots=True)
class InventoryText:
    """The text of an inventory, to be damaged and written."""

    text: str

    @classmethod
    def of(cls, cloud: Cloud) -> Self:
        return cls(cloud.lab.layout.inventory.read_text())

    def replaced(self, old: str, new: str) -> InventoryText:
        assert old in self.text
        return InventoryText(self.text.replace(old, new))

    def said(self, name: str, value: object) -> InventoryText:
        """Return it with other values for a variable, wherever it is said."""
        lines = self.text.splitlines(keepends=True)
        assert name in map(_name, lines)
        return InventoryText(
            "".join(
                f"{line.partition(':')[0]}: {value}\n" if _name(line) == name else line
                for line in lines
            )
        )

    def of_node(self, node: str, **variables: object) -> InventoryText:
        """Return it with these variables of a node, in the place of what is said there of them."""
        lines = self.text.splitlines(keepends=True)
        start = lines.index(f"        {node}:\n", lines.index("      hosts:\n"))
        end = start + 1
        while end < len(lines) and lines[end].startswith(_OF_A_NODE):
            end += 1
        kept = [line for line in lines[start + 1 : end] if _name(line) not in variables]
        said = [f"{_OF_A_NODE}{name}: {value}\n" for name, value in variables.items()]
        return InventoryText("".join([*lines[: start + 1], *kept, *said, *lines[end:]]))

    def line(self, part: str) -> int:
        """Return the number of the line that holds a text."""
        (found,) = [n for n, line in enumerate(self.text.splitlines(), 1) if part in line]
        return found

    def written(self, path: Path) -> str:
        path.write_text(self.text)
        return str(path)
