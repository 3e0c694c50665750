"""Regular expressions that are kept compiled, as modules are.

Becomes a module of Python's package `re`.
"""

from __future__ import annotations

import _sre
import marshal
import sys
from re import _compiler, _parser

_KNOWN = "/var/lib/known-expressions"
_anew = _compiler.compile
_known = {}


def compile(p: object, flags: int = 0) -> object:  # noqa: A001 - stands in for the one of re's
    """Return an expression's pattern, compiled anew only where it is not known."""
    if not isinstance(p, (str, bytes)) or flags & _compiler.SRE_FLAG_DEBUG:
        return _anew(p, flags)
    key = p, int(flags)
    if key not in _known:
        parsed = _parser.parse(p, flags)
        names = parsed.state.groupdict
        groups = [None] * parsed.state.groups
        for name, number in names.items():
            groups[number] = name
        words = (int(word).to_bytes(4, sys.byteorder) for word in _compiler._code(parsed, flags))
        flags = int(flags | parsed.state.flags)
        _known[key] = flags, b"".join(words), parsed.state.groups - 1, names, tuple(groups)
    flags, code, *rest = _known[key]
    return _sre.compile(p, flags, memoryview(code).cast("I").tolist(), *rest)


def keep() -> None:
    """Have all processes know the expressions that this one met."""
    with open(_KNOWN, "wb") as file:  # noqa: PTH123 - pathlib would have to be loaded for it
        marshal.dump(_known, file)


try:
    with open(_KNOWN, "rb") as kept:  # noqa: PTH123
        _known = marshal.loads(kept.read())  # noqa: S302 - root wrote it
except FileNotFoundError:
    pass  # this is the process that is to keep them
