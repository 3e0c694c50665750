"""Refusals: a sentence on stderr, the same in JSON, an exit status, and nothing changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from setup_tool.lab.layout import NODES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

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
        heads = [line.partition(":")[0] for line in lines]
        assert any(head.strip() == name for head in heads)
        return InventoryText(
            "".join(
                f"{head}: {value}\n" if head.strip() == name else line
                for head, line in zip(heads, lines, strict=True)
            )
        )

    def of_node(self, node: str, **variables: object) -> InventoryText:
        """Return it with more variables of a node; the last of a name holds."""
        lines = self.text.splitlines(keepends=True)
        head = f"        {node}:\n"
        at = next(
            number
            for number, line in enumerate(lines)
            if line == head and lines[number + 1].strip().startswith("ansible_port")
        )
        more = [f"          {name}: {value}\n" for name, value in variables.items()]
        port = [] if "ansible_port" in variables else [lines[at + 1]]
        return InventoryText("".join([*lines[: at + 1], *port, *more, *lines[at + 2 :]]))

    def line(self, part: str) -> int:
        """Return the number of the line that holds a text."""
        (found,) = [n for n, line in enumerate(self.text.splitlines(), 1) if part in line]
        return found

    def written(self, path: Path) -> str:
        path.write_text(self.text)
        return str(path)
