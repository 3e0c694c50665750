"""Inventories on the operator's disk; what only Ansible can read goes through it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from setup_tool.adapters.ansible_listing import list_with_ansible
from setup_tool.core.errors import DeclarationError
from setup_tool.declare.inventory import (
    Inventory,
    VariableFile,
    make_inventory,
    parse_inventory,
    tree_of_listing,
)
from setup_tool.declare.located import NeedsAnsibleError, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from setup_tool.declare.groups import GroupTree

_YAML_ENDINGS = (".yml", ".yaml", ".json")
_SECTION = re.compile(r"^\[[^\[\]=,]+\]\s*(#.*)?$", re.MULTILINE)
_KEY = re.compile(r"[:{]\s*(#.*)?$|:\s", re.MULTILINE)
_ASSIGNMENT = re.compile(r"^[^\s:#]+\s+\w+=", re.MULTILINE)


def load_inventory(path: str) -> Inventory:
    """Return the inventory at ``path``, with ``group_vars/`` and ``host_vars/`` beside it.

    YAML is read here. INI files, folders, scripts, plugins and what is encrypted go through
    ``ansible-inventory`` where it is installed; no script is run by this function itself.

    Raises `DeclarationError` with file and line for whatever cannot be read or honoured.
    """
    home = str(Path("~").expanduser())
    reason = _foreign(path)
    if reason is None:
        text = read_text(path)
        if path.endswith(_YAML_ENDINGS) or not _is_ini(text):
            try:
                tree = parse_inventory(text, path)
                return make_inventory(tree, _variable_files(path, tree), home)
            except NeedsAnsibleError as found:
                reason = str(found)
        else:
            reason = f"{path}: This inventory is in the INI format."
    return make_inventory(tree_of_listing(list_with_ansible(path, reason), path), (), home)


def read_text(path: str) -> str:
    """Return a UTF-8 text file; raises `DeclarationError` naming the path, and the line."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise DeclarationError(f"There is no file {path}.") from None
    except OSError as error:
        raise DeclarationError(f"{path} cannot be read: {error.strerror}.") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Origin(path, line).error("This is not UTF-8. Save the file as UTF-8.") from None


def _foreign(path: str) -> str | None:
    """Say why only Ansible can read a path, or None."""
    place = Path(path)
    if place.is_dir():
        return f"{path}: This is a folder of inventories."
    if os.access(path, os.X_OK) and _begins(place, b"#!"):
        return f"{path}: This inventory is an executable script."
    if not place.exists():
        raise DeclarationError(
            f"There is no inventory {path}. Give the path of one with -i; "
            "inventory/example.yaml shows what is in it."
        )
    return None


def _begins(file: Path, mark: bytes) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(mark)) == mark
    except OSError:
        return False  # `read_text` says why


def _is_ini(text: str) -> bool:
    """Tell an INI inventory from YAML: sections, assignments, or no key at all."""
    bare = bool(text.strip()) and not _KEY.search(text)
    return bare or bool(_SECTION.search(text) or _ASSIGNMENT.search(text))


def _variable_files(inventory: str, tree: GroupTree) -> Iterator[VariableFile]:
    folder = Path(inventory).parent
    kinds: tuple[tuple[str, Iterable[str]], ...] = (("group", tree.groups), ("host", tree.hosts))
    for kind, owners in kinds:
        place = folder / f"{kind}_vars"
        if not place.is_dir():
            continue
        for owner in owners:
            if "/" in owner or owner in (".", ".."):
                continue
            for file in _files_of(place, owner):
                yield VariableFile(
                    "group" if kind == "group" else "host", owner, str(file), read_text(str(file))
                )


def _files_of(folder: Path, owner: str) -> Iterable[Path]:
    """Return the files of a group or host, as Ansible chooses them: the first name there is."""
    for ending in ("", *_YAML_ENDINGS):
        place = folder / f"{owner}{ending}"
        if place.is_dir():
            return _files_within(place)
        if place.exists():
            return (place,)
    return ()


def _files_within(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, sorted; hidden ones, backups and other endings are not read."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise DeclarationError(f"{folder} cannot be read: {error.strerror}.") from None
    for entry in entries:
        if entry.name.startswith(".") or entry.name.endswith("~"):
            continue
        if entry.is_dir() and not entry.suffix:
            yield from _files_within(entry)
        elif entry.is_file() and entry.suffix in ("", *_YAML_ENDINGS):
            yield entry
