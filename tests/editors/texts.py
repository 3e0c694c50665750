"""Configuration files as hypothesis strategies."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

law = settings(deadline=None, max_examples=150)
"""Enough to find what was once wrong here; no deadline, since machines are shared."""

ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r"])

values = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")
    | st.sampled_from("$%\"'\\{}()#;=:"),
    max_size=12,
).map(str.strip)

_PIECES = [
    "",
    "  ",
    "# note",
    "#a = 1",
    "# a = 2",
    "; a = 3",
    "#[s]",
    "[DEFAULT]",
    "[s]",
    "[S]",
    "[filter:f]",
    "[filter:g]",
    "[default]",
    "a = 1",
    "a=2",
    "b: 3 # no comment",
    "b = x;y",
    'c = "q"',
    "c = '",
    "d =",
    "set a = 4",
    "set  b = 4",
    "e = $b $$ \\$ ${c",
    "e = 5%",
    "f = 5%%(x %(b)s",
    "g = a:b=c",
]
_ODD_PIECES = [
    "  more",
    "\tmore",
    "   # more or a note",
    " h = 1",
    "    h = 2",
    " [t]",
    "[t",
    "[]",
    "[t] junk",
    "[[t]]",
    "[filter: f]",
    "no option",
    "= nothing",
    ": nothing",
    "\x0bi = 1",
    "\x0c",
    "j\x85 = \x1c1",
    "k = x\x0by\u2028z",
]


def _joined(pieces: list[tuple[str, str]], end_missing: bool) -> str:  # noqa: FBT001
    text = "".join(line + end for line, end in pieces)
    return text.rstrip("\r\n") if end_missing else text


_lines = st.lists(st.tuples(st.sampled_from(_PIECES + _ODD_PIECES), ENDS), max_size=12)
anything = st.builds(_joined, _lines, st.booleans())
"""Any file, good or bad."""


@st.composite
def oslo_files(draw: st.DrawFn) -> str:
    """Return a file oslo.config reads."""
    end = draw(ENDS)
    lines: list[str] = draw(st.lists(st.sampled_from(["", "# top", "#a = 1"]), max_size=2))
    for section in draw(st.lists(st.sampled_from(["DEFAULT", "s", "S", "t"]), max_size=4)):
        lines.append(f"[{section}]")
        option = False
        for piece in draw(st.lists(st.sampled_from([*_PIECES, "  more", "\t# more"]), max_size=6)):
            is_option = bool(piece.strip()) and piece[0] not in "#;["
            if piece[:1].isspace() and piece.strip() and not option:
                continue
            lines.append(piece)
            option = is_option
    return _joined([(line, end) for line in lines], draw(st.booleans()))


@st.composite
def paste_files(draw: st.DrawFn) -> str:
    """Return a file Swift reads, in which the filters f and g can be resolved."""
    end = draw(ENDS)
    lines: list[str] = draw(st.lists(st.sampled_from(["", "# top"]), max_size=2))
    fillers = st.lists(
        st.sampled_from(["", "# note", "#a = 1", " # a = 2", "#[s]", " ;x"]), max_size=3
    )
    sections = draw(st.permutations(["DEFAULT", "filter:f", "filter: g", "app:x"]))
    for section in sections[: draw(st.integers(0, 4))]:
        lines.append(f"[{section}]")
        indent = " " * draw(st.integers(0, 3))
        if section.startswith("filter"):
            lines.append(indent + "paste.filter_factory = os:getcwd")
        for key in draw(st.lists(st.sampled_from(["a", "b", "c", "set a", "set b"]), unique=True)):
            lines += draw(fillers)
            indent = indent[: draw(st.integers(0, len(indent)))]
            value = draw(st.sampled_from(["", "1", "x # y", "5%", "5%%(x", "p q"]))
            lines.append(f"{indent}{key}{draw(st.sampled_from([' = ', '=', ': ', ' =']))}{value}")
            for more in draw(
                st.lists(st.sampled_from(["more", "# note", "", "k = v"]), max_size=2)
            ):
                lines.append(indent + "   " + more if more else "")
        lines += draw(fillers)
    return _joined([(line, end) for line in lines], draw(st.booleans()))
