"""What changed in a file, as lines and as its service's own reader sees it."""

from __future__ import annotations

import configparser
import difflib
from typing import TYPE_CHECKING

from tests.editors.oracles import TextLoader, oslo_view

if TYPE_CHECKING:
    from collections.abc import Mapping

View = dict[str, dict[str, str]]


def changed_lines(before: str, after: str) -> str:
    """Return the lines that went and came, below the section they stand in: ``@@ [name]``."""
    old, new = before.splitlines(), after.splitlines()
    shown: list[str] = []
    place = ""
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        header = next((line for line in reversed(new[:new_start]) if line[:1] == "["), "")
        if header != place:
            shown.append(f"@@ {header}")
        shown += [f"-{line}" for line in old[start:end]]
        shown += [f"+{line}" for line in new[new_start:new_end]]
        place = next((line for line in reversed(new[:new_end]) if line[:1] == "["), "")
    return "".join(f"{line}\n" for line in shown)


def options_that_come(diff: str) -> View:
    """Return the options that a hand-written difference adds, by section."""
    found: View = {}
    section = ""
    for line in diff.splitlines():
        if line.startswith(("@@ [", "+[")):
            section = line[line.index("[") + 1 : -1]
        elif line.startswith("+") and "=" in line:
            key, _, value = line[1:].partition("=")
            found.setdefault(section, {})[key.strip()] = value.strip()
    return found


def laid_over(view: View, options: Mapping[str, Mapping[str, str | None] | None]) -> View:
    """Return a reading with other options; those not named stay, those that are None go."""
    both = {
        section: {**view.get(section, {}), **(options.get(section) or {})}
        for section in (*view, *(name for name in options if name not in view))
        if options.get(section, {}) is not None
    }
    return {
        section: {key: value for key, value in found.items() if value is not None}
        for section, found in both.items()
    }


def paste_reading(text: str) -> View:
    """Return what PasteDeploy reads, blanks between a pipeline's filters made one."""
    parser = TextLoader(text).parser
    view: View = {}
    for section in ("DEFAULT", *parser.sections()):
        written = parser._defaults if section == "DEFAULT" else parser._sections[section]
        view[section] = {key: _value(parser, section, key) for key in written}
    for key in ("here", "__file__"):
        del view["DEFAULT"][key]
    for options in view.values():
        if "pipeline" in options:
            options["pipeline"] = " ".join(options["pipeline"].split())
    return view


def oslo_reading(text: str) -> View:
    """Return what oslo.config reads; of several values of an option the last, which counts."""
    found = oslo_view(text)
    assert found is not None
    return {
        section: {key: values[-1] for key, values in options.items()}
        for section, options in found.items()
    }


def _value(parser: configparser.ConfigParser, section: str, key: str) -> str:
    try:
        return parser.get(section, key)
    except configparser.InterpolationError:
        return parser.get(section, key, raw=True)
