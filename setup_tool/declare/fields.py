"""Typed readings of one value of an inventory.

Each takes the variable's name and its value, and raises `DeclarationError` with the place
when the value is no such thing. A value is quoted only where it cannot be a secret.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.secret import Secret
from setup_tool.declare.located import Listing, Scalar, Table, Value, is_null
from setup_tool.declare.releases import is_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The words Ansible's `boolean` filter takes for true and false.
_TRUE = ("1", "on", "t", "true", "y", "yes")
_FALSE = ("0", "f", "false", "n", "no", "off")
_UNIT = re.compile(r"[A-Za-z0-9:_.@\\-]+")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9~/_.+-]+")
_ACCOUNT = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_DATABASES = ("sqlite:///", "mysql+pymysql://", "postgresql+psycopg2://", "postgresql://")
_MOST_PERCENT = 100
_MOST_PORT = 65535
_MOST_SECONDS = 3600


def scalar(name: str, value: Value) -> Scalar:
    """Return the value if it is a single one that is not encrypted."""
    if not isinstance(value, Scalar):
        raise value.origin.error(f"{name} wants a single value, not a list or a mapping.")
    if value.kind == "vault":
        raise value.origin.error(
            f"{name} is encrypted by itself (`!vault`), which neither setup-tool nor "
            "`ansible-inventory --list` decrypts. Put it into a file of group_vars or host_vars "
            "that is encrypted as a whole (`ansible-vault encrypt`); such a file is read."
        )
    return value


def text(name: str, value: Value) -> str:
    """Return a text without control characters.

    What YAML takes for a truth value, a date or a number in another notation is refused,
    because Ansible and a reader would see different texts.
    """
    one = scalar(name, value)
    plain_number = one.kind == "int" and re.fullmatch(r"0|[1-9][0-9]*", one.text)
    if one.kind not in ("str", "unsafe") and not plain_number:
        raise one.origin.error(
            f"{name} is no text to YAML (it reads as {_KINDS.get(one.kind, 'a tag')}). "
            "Put quotation marks around it."
        )
    if any(ord(char) < ord(" ") or char == "\x7f" for char in one.text):
        raise one.origin.error(
            f"{name} holds a line break or another control character; it wants one line."
        )
    if not one.text.strip():
        raise one.origin.error(f"{name} is empty. Give it a value, or take it out.")
    return one.text


_KINDS = {
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
}


def secret(name: str, value: Value) -> Secret:
    """Return a password."""
    return Secret(text(name, value))


def truth(name: str, value: Value) -> bool:
    """Return a truth value, in any of the spellings Ansible knows."""
    word = scalar(name, value).text.lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise value.origin.error(f"{name} is either `true` or `false`.")


def choice(*words: str) -> Callable[[str, Value], str]:
    """Return a reading of one of several words; unquoted ``off`` is YAML's false."""

    def read(name: str, value: Value) -> str:
        one = scalar(name, value)
        word = "off" if one.kind == "bool" and one.text.lower() in _FALSE else one.text
        if word in words:
            return word
        raise one.origin.error(f"{name} is one of {listed(words)}.{suggestion(word, words)}")

    return read


def port(name: str, value: Value) -> int:
    """Return a TCP port, 1 to 65535."""
    word = scalar(name, value).text
    if word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= _MOST_PORT:
        return int(word)
    raise value.origin.error(f"{name} is a port: a number from 1 to {_MOST_PORT}.")


def seconds(name: str, value: Value) -> int:
    """Return a time in whole seconds, from 0 to an hour."""
    word = scalar(name, value).text
    if word.isascii() and word.isdigit() and int(word[:6]) <= _MOST_SECONDS:
        return int(word)
    raise value.origin.error(f"{name} is a number of seconds from 0 to {_MOST_SECONDS}.")


def address(name: str, value: Value) -> str:
    """Return a host or user name as SSH takes it: one word that is not an option."""
    word = text(name, value)
    if word.startswith("-") or any(char.isspace() for char in word):
        raise value.origin.error(f"{name} is one word that does not begin with a dash.")
    return word


def url(name: str, value: Value) -> str:
    """Return an ``http`` or ``https`` URL with a host, without a login in it."""
    word = text(name, value)
    try:
        parts = urlsplit(word)
        sound = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or any(char.isspace() for char in word):
        raise value.origin.error(
            f"{name} is a URL such as http://192.0.2.1:8080, with http or https and a host."
        )
    if "@" in parts.netloc:
        raise value.origin.error(f"{name} carries a login; a URL here has none.")
    return word


def node_path(name: str, value: Value) -> str:
    """Return a path on a node: absolute, or under the login's home as ``~/...``."""
    path = text(name, value)
    if not path.startswith(("/", "~/")) or path.endswith("/"):
        raise value.origin.error(
            f"{name} is a path on the node: absolute (/etc/...) or under the login's home (~/...), "
            "with no slash at its end."
        )
    return path


def plain_path(name: str, value: Value) -> str:
    """Return a path on a node that needs no quoting in a file of systemd, oslo or PasteDeploy."""
    path = node_path(name, value)
    if not _PLAIN_PATH.fullmatch(path):
        raise value.origin.error(
            f"{name} is a path of letters, digits and _ . + - only: other files name it."
        )
    return path


@dataclass(frozen=True, slots=True)
class Database:
    """A database: its SQLAlchemy URL, which may hold a password, and what that begins with."""

    kind: str
    url: Secret

    @property
    def is_file(self) -> bool:
        """Whether it is a file of one node."""
        return self.kind.startswith("sqlite")

    @classmethod
    def of(cls, url: str) -> Database:
        """Return the database of a URL."""
        return cls(url.partition(":")[0], Secret(url))


def database(name: str, value: Value) -> Database:
    """Return a database that ec2-api can use."""
    word = text(name, value)
    if not word.startswith(_DATABASES):
        raise value.origin.error(
            f"{name} is a SQLAlchemy URL that begins with {listed(_DATABASES)}."
        )
    return Database.of(word)


def account(name: str, value: Value) -> str:
    """Return the name of a user of a node's system."""
    word = text(name, value)
    if not _ACCOUNT.fullmatch(word) or word == "root":
        raise value.origin.error(
            f"{name} is the name of a system user other than root: lower-case letters, digits, _ "
            "and -, a letter first."
        )
    return word


def service_unit(name: str, value: Value) -> str:
    """Return the name of a systemd unit that is a service, with its ending."""
    word = unit(name, value)
    if not word.endswith(".service"):
        word = f"{word}.service"
    if "@" in word or "\\" in word:
        raise value.origin.error(f"{name} is the name of a plain unit, such as ec2-api.service.")
    return word


def node_paths(name: str, value: Value) -> tuple[str, ...]:
    """Return one or several paths on a node."""
    return tuple(node_path(name, item) for item in _items(value))


def version(name: str, value: Value) -> str:
    """Return a version as it is written, so that an unquoted 2.30 does not become 2.3."""
    one = scalar(name, value)
    if one.kind not in ("str", "unsafe", "int", "float") or not is_version(one.text):
        raise one.origin.error(f"{name} is a version: numbers with dots, such as 2.30.1.")
    if one.kind == "float" and one.origin.line is None:
        raise one.origin.error(
            f"{name} is not in quotation marks, and 2.30 comes here as 2.3. Write it as a text, "
            'such as "2.30.1".'
        )
    return one.text


def unit(name: str, value: Value) -> str:
    """Return the name of a systemd unit."""
    word = text(name, value)
    if not _UNIT.fullmatch(word) or word.startswith("-"):
        raise value.origin.error(f"{name} is the name of a systemd unit, such as nova-api.service.")
    return word


@dataclass(frozen=True, slots=True)
class Serial:
    """How many proxies change at a time: a number, or a percentage of them."""

    amount: int
    percent: bool = False

    def __str__(self) -> str:
        return f"{self.amount}%" if self.percent else str(self.amount)

    def of(self, total: int) -> int:
        """Return the size of a batch out of ``total`` nodes: rounded down, at least one."""
        return max(1, total * self.amount // 100) if self.percent else self.amount

    @classmethod
    def parse(cls, word: str) -> Serial:
        """Return what ``3`` or ``25%`` means; raises `ValueError` with a sentence."""
        digits = word.strip().removesuffix("%")
        percent = word.strip().endswith("%")
        amount = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else 0  # noqa: PLR2004
        if amount < 1 or (percent and amount > _MOST_PERCENT):
            raise ValueError(
                "It is a number of proxies from 1, or a percentage from 1% to 100%, such as 25%."
            )
        return cls(amount, percent)


def serial(name: str, value: Value) -> Serial:
    """Return how many proxies may change at a time."""
    try:
        return Serial.parse(scalar(name, value).text)
    except ValueError as problem:
        raise value.origin.error(f"{name} cannot be used. {problem}") from None


@dataclass(frozen=True, slots=True)
class LoginOverride:
    """Whose login a service uses, where it must differ; None is: as it is in use."""

    user: str | None = None
    project: str | None = None
    user_domain: str | None = None
    project_domain: str | None = None
    password: Secret | None = None


def login(name: str, value: Value) -> LoginOverride:
    """Return a login: a mapping of user, project, their domains, and perhaps a password."""
    table = _table(name, value, ("user", "project", "user_domain", "project_domain", "password"))
    said = {key: entry.value for key, entry in table.entries.items() if not is_null(entry.value)}
    password = said.pop("password", None)
    names = {key: text(f"{name}.{key}", item) for key, item in said.items()}
    return LoginOverride(
        **names, password=secret(f"{name}.password", password) if password else None
    )


@dataclass(frozen=True, slots=True)
class GroupMap:
    """The inventory's names for the groups `controller` and `proxy`."""

    controller: tuple[str, ...] = ("controller",)
    proxy: tuple[str, ...] = ("proxy",)

    def pairs(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return each of the two groups with its names in the inventory."""
        return ("controller", self.controller), ("proxy", self.proxy)


def group_map(name: str, value: Value) -> GroupMap:
    """Return the names that stand for `controller` and `proxy`; one or a list for each."""
    table = _table(name, value, ("controller", "proxy"))
    return GroupMap(
        **{
            key: tuple(text(f"{name}.{key}", item) for item in _items(entry.value))
            for key, entry in table.entries.items()
            if not is_null(entry.value)
        }
    )


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def suggestion(word: str, known: Sequence[str]) -> str:
    """Return `` Did you mean ...?`` for a word close to a known one, else nothing."""
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _items(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Listing) else (value,)


def _table(name: str, value: Value, keys: tuple[str, ...]) -> Table:
    """Return a mapping whose keys are all known and none given twice."""
    if not isinstance(value, Table):
        raise value.origin.error(f"{name} is a mapping; its keys are {listed(keys)}.")
    for key, entry in value.entries.items():
        if key not in keys:
            raise entry.origin.error(
                f"{name} has no key {key}; known are {listed(keys)}.{suggestion(key, keys)}"
            )
        if entry.repeated is not None:
            raise entry.origin.error(f"{name} has the key {key} twice. Take one out.")
    return value
