"""What a client file says of a cloud, whichever client it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.editors.ini import FileProblemError

if TYPE_CHECKING:
    from setup_tool.core.content import Content
    from setup_tool.core.credential import KeyPair


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The keys, and the services they are for; None is what the file does not say."""

    pair: KeyPair
    s3: str | None = None
    ec2: str | None = None
    region: str | None = None
    ca_bundle: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells the settings in one place from those for another cloud.

    ``access`` is the access key; ``what`` is what an operator would call the settings.
    """

    access: str | None
    s3: str | None = None
    ec2: str | None = None
    what: str = "settings for another cloud"

    def same_cloud(self, other: Mark) -> bool:
        """Tell whether both have the same key, or an endpoint in common."""
        return (
            (self.access is not None and self.access == other.access)
            or _same_url(self.s3, other.s3)
            or _same_url(self.ec2, other.ec2)
        )


def decoded(content: Content, name: str) -> str:
    """Return a client file's text.

    Raises `FileProblemError` for what no client reads: other encodings than UTF-8, a
    byte order mark, NUL, a carriage return that ends no line.
    """
    data = content.reveal()
    bad = _first_undecodable(data)
    if bad is not None:
        line = data.count(b"\n", 0, bad) + 1
        raise FileProblemError(name, line, "this is not UTF-8. Convert the file or move it away.")
    text = data.decode()
    if text.startswith("\N{BYTE ORDER MARK}"):
        raise FileProblemError(name, 1, "the file begins with a byte order mark. Remove it.")
    unix = text.replace("\r\n", "\n")
    for character, called in (("\0", "NUL byte"), ("\r", "carriage return")):
        at = unix.find(character)
        if at >= 0:
            line = unix.count("\n", 0, at) + 1
            raise FileProblemError(name, line, f"there is a {called} in this line. Remove it.")
    return text


def _first_undecodable(data: bytes) -> int | None:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _same_url(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and _normal(one) == _normal(other)


def _normal(url: str) -> tuple[str, str, str]:
    """Return what two spellings of one endpoint share."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, "", ""
    scheme, host = parts.scheme.lower(), parts.netloc.lower()
    port = {"http": ":80", "https": ":443"}.get(scheme, "")
    return scheme, host.removesuffix(port), parts.path.rstrip("/")
