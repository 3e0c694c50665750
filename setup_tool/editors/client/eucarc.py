"""``eucarc``: the shell script that euca2ools and the tools like them are fed with.

A shell script cannot be merged, so ours stands between two marker lines, and what
stands above and below them is the operator's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.credential import KeyPair
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret, text
from setup_tool.editors.client.client import Client, ClientFile
from setup_tool.editors.client.settings import ClientSettings, Mark, decoded
from setup_tool.editors.client.shell import Computed, assignments
from setup_tool.editors.ini import FileProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.content import Content
    from setup_tool.core.secret import Text

_PATH = "eucarc"
_BEGIN = "# >>> setup-tool"
_END = "# <<< setup-tool"
"""How the marker lines begin; the rest of each is for people."""

_PAIRS = (
    ("EC2_ACCESS_KEY", "EC2_SECRET_KEY"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_ACCESS_KEY", "AWS_SECRET_KEY"),
)


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`. A script without markers is given up whole."""
    place = _block(before, name)
    if place is None:
        return declared
    if "\r\n" in before:
        raise FileProblemError(
            name, 1, "the script has Windows line ends, which no shell reads. Convert it."
        )
    begin, end = place
    return text(Secret(before[:begin]), *declared, Secret(before[end:]))


def read_eucarc(content: Content, *, name: str) -> ClientSettings:
    """Return the keys and endpoints that sourcing the script would set.

    Nothing is run. Understood are the scripts written by us, by Horizon
    (``ec2rc.sh``), by nova (``novarc``) and by DevStack for its accounts
    (``accrc/...``); DevStack's own ``eucarc`` asks the cloud for keys each time.

    Raises `FileProblemError` for a script whose text does not tell, and
    `DeclarationError` for one without keys.
    """
    found = assignments(decoded(content, name), name)
    return ClientSettings(
        _pair(found, name),
        _value(found, "S3_URL", name) or _value(found, "AWS_ENDPOINT_URL_S3", name),
        _value(found, "EC2_URL", name) or _value(found, "AWS_ENDPOINT_URL_EC2", name),
        _value(found, "AWS_DEFAULT_REGION", name) or _value(found, "EC2_REGION", name),
        _value(found, "AWS_CA_BUNDLE", name),
    )


def _pair(found: Mapping[str, str | Computed], name: str) -> KeyPair:
    for access_name, secret_name in _PAIRS:
        access, secret = _value(found, access_name, name), _value(found, secret_name, name)
        if access and secret:
            return KeyPair(access, Secret(secret))
    raise DeclarationError(
        f"{name} sets no pair of keys, neither EC2_ACCESS_KEY and EC2_SECRET_KEY nor"
        " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Name another file."
    )


def _value(found: Mapping[str, str | Computed], variable: str, name: str) -> str | None:
    value = found.get(variable)
    if isinstance(value, Computed):
        raise FileProblemError(
            name,
            value.line,
            f"{variable} is known only when the script runs, since {value.why}. Write the"
            " value itself, or issue a new eucarc.",
        )
    return value or None


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    del profile  # a script has none
    script, name = texts.get(_PATH, ""), f"{directory}/{_PATH}"
    place = _block(script, name)
    if not script.strip():
        return None
    if place is None:
        return Mark(None, what="a script that setup-tool did not write")
    found = assignments(script[slice(*place)], name)
    access, s3, ec2 = (
        value if isinstance(value, str) else None
        for value in (found.get("EC2_ACCESS_KEY"), found.get("S3_URL"), found.get("EC2_URL"))
    )
    what = f"the access key {access} for {s3 or ec2 or 'another cloud'}"
    return Mark(access, s3, ec2, what)


def _block(script: str, name: str) -> tuple[int, int] | None:
    """Return where our part begins and ends, None when the script has none.

    Raises `FileProblemError` when the markers are not one pair in order.
    """
    places: list[tuple[str, int, int, int]] = []
    at = 0
    for number, line in enumerate(script.splitlines(keepends=True), start=1):
        marker = next((start for start in (_BEGIN, _END) if line.startswith(start)), None)
        if marker:
            places.append((marker, number, at, at + len(line)))
        at += len(line)
    if not places:
        return None
    if [place[0] for place in places] != [_BEGIN, _END]:
        raise FileProblemError(
            name,
            places[-1][1],
            f"the marker lines `{_BEGIN}` and `{_END}` must be there once each, in this order."
            " Restore them, or move the file away.",
        )
    return places[0][2], places[1][3]


EUCARC = Client("eucarc", (ClientFile(_PATH, "eucarc.j2", merge),), _mark)
