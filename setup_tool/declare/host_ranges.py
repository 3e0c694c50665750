"""Host names of an inventory: ``proxy[1:3]``, ``db-[a:c]``, ``node[01:10:3]``, ``name:2222``.

The rules are those of Ansible's documentation, "Adding ranges of hosts": bounds are
inclusive, a leading zero pads, letters run over ``a`` to ``z`` and then ``A`` to ``Z``,
and several ranges in a name are expanded from left to right.
"""

from __future__ import annotations

import re
from string import ascii_letters

MOST_HOSTS = 65536
"""More names than this from one range are a mistake, not a cloud."""

_RANGE = re.compile(r"\[([^\[\]]*)\]")
_WITH_PORT = re.compile(r"((?:[^:\[\]]|\[[^\]]*\])+):([0-9]+)")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]:([0-9]+)")


def split_port(name: str) -> tuple[str, str | None]:
    """Return a host key's name and the port written after it, if any.

    An IPv6 address has a port only when it stands in brackets.
    """
    for form in (_BRACKETED, _WITH_PORT):
        match = form.fullmatch(name)
        if match and not (form is _BRACKETED and match[1].count(":") == 1):
            return match[1], match[2]
    return name, None


def expand(name: str) -> tuple[str, ...]:
    """Return the host names that a name with ranges stands for, in order.

    Raises `ValueError` with a clause that says what is wrong with the range.
    """
    parts = _RANGE.split(name)
    if any(bracket in part for part in parts[::2] for bracket in "[]"):
        raise ValueError("its brackets do not match")
    names = [parts[0]]
    for bounds, tail in zip(parts[1::2], parts[2::2], strict=True):
        values = _values(bounds)
        if len(names) * len(values) > MOST_HOSTS:
            raise ValueError(f"it stands for more than {MOST_HOSTS} hosts")
        names = [head + value + tail for head in names for value in values]
    return tuple(names)


def _values(bounds: str) -> list[str]:
    parts = bounds.split(":")
    if len(parts) not in (2, 3):
        raise ValueError("a range is written [first:last] or [first:last:step]")
    first, last, step = parts[0] or "0", parts[1], parts[2] if len(parts) == 3 else "1"  # noqa: PLR2004
    if not last:
        raise ValueError("the range has no end")
    if not _is_number(step) or int(step) == 0:
        raise ValueError("the step of a range is a whole number from 1")
    if _is_letter(first) and _is_letter(last):
        values = list(ascii_letters[ascii_letters.index(first) : ascii_letters.index(last) + 1])
        chosen = values[:: int(step)]
    elif _is_number(first) and _is_number(last):
        chosen = _numbers(first, last, int(step))
    else:
        raise ValueError("a range runs between two numbers or between two letters")
    if not chosen:
        raise ValueError("the range ends before it begins")
    return chosen


def _numbers(first: str, last: str, step: int) -> list[str]:
    padded = first.startswith("0") and len(first) > 1
    if padded and len(first) != len(last):
        raise ValueError("both ends of a zero-padded range have the same length")
    numbers = range(int(first), int(last) + 1, step)
    if len(numbers) > MOST_HOSTS:
        raise ValueError(f"it stands for more than {MOST_HOSTS} hosts")
    return [str(number).zfill(len(first) if padded else 0) for number in numbers]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004


def _is_letter(text: str) -> bool:
    return len(text) == 1 and text in ascii_letters
