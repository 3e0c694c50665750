"""Templates into texts that keep their secrets apart."""

from __future__ import annotations

import functools
import html
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, NoReturn

from setup_tool.core.secret import Secret, text
from setup_tool.editors.client.quoting import csp_hash, hcl, uuid, word, yaml
from setup_tool.editors.client.shell import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import jinja2

    from setup_tool.core.secret import Text

_PLACE = re.compile("\0([0-9]+)\0")
"""Where a secret goes. Neither templates nor checked values hold a NUL."""

_SECRETS = "the secrets in the order of their places"
"""A name that no template can say."""


class _Sealed:
    """A secret on its way through Jinja: only our filters and the final output take it.

    `Secret` itself would do, but for Jinja turning it into its mask where a template
    joins or formats it, and the mask would be written to the file.
    """

    __slots__ = ("secret",)

    def __init__(self, secret: Secret) -> None:
        self.secret = secret

    def __str__(self) -> NoReturn:
        raise TypeError("a template gives a secret to something that is no filter of ours")

    __repr__ = __str__


def render(
    template: str,
    values: Mapping[str, object],
    *,
    markup: bool = False,
    load: Callable[[str], str] | None = None,
) -> Text:
    """Return the template, written in Jinja's language, with the values in it.

    A value may be a `Secret`, whole and not inside another one: it comes out as a
    part of its own. With ``markup`` every value is escaped for HTML and XML. ``load``
    returns the templates that this one includes, by name.

    Filters: ``sh`` quotes for a POSIX shell, ``xml`` escapes for XML and HTML, ``json``
    makes a JSON string, ``interpolated`` doubles ``%`` for Python's ConfigParser, ``fuse``
    escapes what separates the options of a mount, ``comment`` makes one line of anything;
    for those of `quoting` see there. An unknown name in the template is an error.
    """
    secrets: list[Secret] = []
    sealed = {
        name: _Sealed(value) if isinstance(value, Secret) else value
        for name, value in values.items()
    }
    made = _compiled(template, markup, load).render(sealed | {_SECRETS: secrets})
    pieces = _PLACE.split(made)
    return text(
        *(secrets[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces)),
    )


@functools.cache
def _compiled(
    template: str,
    markup: bool,  # noqa: FBT001
    load: Callable[[str], str] | None,
) -> jinja2.Template:
    return _environment(markup, load).from_string(template)


@functools.cache
def _environment(markup: bool, load: Callable[[str], str] | None) -> jinja2.Environment:  # noqa: FBT001
    """Make what templates are compiled in; it keeps those that were included."""
    import jinja2

    @jinja2.pass_context
    def finalize(context: jinja2.runtime.Context, value: object) -> object:
        if not isinstance(value, _Sealed):
            return value
        secrets: list[Secret] = context[_SECRETS]
        secrets.append(value.secret.map(html.escape) if markup else value.secret)
        return f"\0{len(secrets) - 1}\0"

    environment = jinja2.Environment(
        autoescape=markup,  # noqa: S701 - shell and INI files are no markup
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        loader=jinja2.FunctionLoader(load) if load else None,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["sh"] = _each(quoted)
    environment.filters["xml"] = _each(html.escape)
    environment.filters["json"] = _each(json.dumps)
    environment.filters["interpolated"] = _each(lambda value: value.replace("%", "%%"))
    environment.filters["fuse"] = _each(_escaped_for_fuse)
    environment.filters["comment"] = _one_line
    for change in (word, hcl, yaml, uuid, csp_hash):
        environment.filters[change.__name__] = change
    return environment


def _each(change: Callable[[str], str]) -> Callable[[Any], object]:
    """Make a filter of the function that takes secrets too."""

    def apply(value: Any) -> object:
        if isinstance(value, _Sealed):
            return _Sealed(value.secret.map(change))
        return change(str(value))

    return apply


def _escaped_for_fuse(value: str) -> str:
    return value.replace("\\", "\\\\").replace(",", "\\,")


def _one_line(value: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in value)


def unwritable(value: str | Secret) -> bool:
    """Tell whether a value cannot stand on a line: empty, blanks at an end, control characters."""
    plain = value.reveal() if isinstance(value, Secret) else value
    return plain != plain.strip() or not plain or any(map(_is_control, plain))


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")
