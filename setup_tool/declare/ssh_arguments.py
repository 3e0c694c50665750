"""``ansible_ssh_common_args`` and its kin: OpenSSH's arguments, as far as they are honoured."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from setup_tool.declare.located import Origin

_JUMP = re.compile(
    r"(ssh://)?([^\s@,;/-][^\s@,;/]*@)?"
    r"(\[[0-9A-Fa-f:.]+(%[\w.-]+)?\]|[A-Za-z0-9_.%-]+|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f.:]*)"
    r"(:[0-9]{1,5})?/?"
)


# They change how a connection feels, not where it goes or whom it trusts (ssh_config(5)).
_HARMLESS_OPTIONS = {
    "addressfamily", "batchmode", "compression", "connectionattempts", "connecttimeout",
    "controlmaster", "controlpath", "controlpersist", "escapechar", "exitonforwardfailure",
    "forwardagent", "forwardx11", "forwardx11trusted", "gssapiauthentication",
    "gssapidelegatecredentials", "hashknownhosts", "identitiesonly", "ipqos",
    "kbdinteractiveauthentication", "loglevel", "passwordauthentication",
    "preferredauthentications", "pubkeyauthentication", "requesttty", "sendenv",
    "serveralivecountmax", "serveraliveinterval", "tcpkeepalive", "updatehostkeys",
    "verifyhostkeydns", "visualhostkey",
}  # fmt: skip
_HARMLESS_FLAGS = set("46AaCKkNnqTtvXxYy")
_FLAGS_WITH_VALUE = set("BbcDEeFIiJLlmOoPpQRSWw")
_INSTEAD = {
    "identityfile": "ansible_ssh_private_key_file",
    "port": "ansible_port",
    "user": "ansible_user",
    "hostname": "ansible_host",
}
_HOST_KEYS = (
    "Host keys are always checked here: put the nodes' keys into a known_hosts file (ssh-keyscan, "
    "and compare the fingerprints), name it in the variable known_hosts, and take the option out."
)


@dataclass(frozen=True, slots=True)
class SshArguments:
    """What of the arguments is honoured."""

    proxy_jump: str | None = None
    known_hosts: str | None = None
    accept_new: bool = False


def read_ssh_arguments(name: str, text: str, origin: Origin) -> SshArguments:
    """Return what OpenSSH's arguments ask for; raises `DeclarationError` for what is not honoured.

    ``-o ProxyCommand="ssh -W %h:%p HOST"`` is taken for the jump it is.
    """
    try:
        words = shlex.split(text)
        options = list(_options(words))
    except ValueError:
        raise origin.error(f"{name} cannot be split into arguments; check its quotes.") from None
    jump = known_hosts = None
    accept_new = False
    for option, value in options:
        if option == "proxyjump":
            jump = None if value.lower() == "none" else value
        elif option == "proxycommand":
            jump = None if value.lower() == "none" else _jump_or_error(name, value, origin)
        elif option == "userknownhostsfile" and value.split()[:1] != ["/dev/null"]:
            known_hosts = value.split()[0] if value.split() else None
        elif option == "stricthostkeychecking" and value.lower() == "accept-new":
            accept_new = True
        elif option == "userknownhostsfile" or (
            option == "stricthostkeychecking" and value.lower() not in ("yes", "ask", "true")
        ):
            raise origin.error(f"{name} turns the check of host keys off. {_HOST_KEYS}")
        elif option not in _HARMLESS_OPTIONS and option != "stricthostkeychecking":
            instead = _INSTEAD.get(option)
            cure = f"say it with {instead}" if instead else "take it out"
            raise origin.error(
                f"{name} holds the SSH option {option}, which setup-tool does not honour: {cure}, "
                "or put it into your ~/.ssh/config."
            )
    if jump is not None and not is_jump(jump):
        raise origin.error(f"{name} names a jump host that is not [USER@]HOST[:PORT].")
    return SshArguments(jump, known_hosts, accept_new)


def _jump_or_error(name: str, command: str, origin: Origin) -> str:
    jump = jump_of(command)
    if jump is None:
        raise origin.error(
            f"{name} holds a ProxyCommand; of these only `ssh -W %h:%p HOST` is understood. Say "
            "`-o ProxyJump=USER@HOST:PORT` instead, or put it into your ~/.ssh/config."
        )
    return jump


def is_jump(text: str) -> bool:
    """Tell whether this is ``[user@]host[:port]`` or several with commas, as ProxyJump has them."""
    return all(_JUMP.fullmatch(hop.strip()) for hop in text.split(","))


def host_key_refusal(name: str, origin: Origin) -> Exception:
    """Return the refusal of a variable that turns the check of host keys off."""
    return origin.error(f"{name} turns the check of host keys off. {_HOST_KEYS}")


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Yield options as ssh_config(5) names them, in lower case, with their values.

    Raises `ValueError` when an argument lacks its value.
    """
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or len(word) == 1:
            yield "that is an argument without a dash", ""
            continue
        flags = word[1:]
        while flags:
            flag, flags = flags[0], flags[1:]
            if flag in _FLAGS_WITH_VALUE:
                value = flags or next(rest, None)
                if value is None:
                    raise ValueError(flag)
                yield _named(flag, value)
                break
            if flag not in _HARMLESS_FLAGS:
                yield f"-{flag}", ""


def _named(flag: str, value: str) -> tuple[str, str]:
    if flag == "o":
        key, _, rest = value.strip().replace("=", " ", 1).partition(" ")
        return key.lower(), rest.strip().strip('"')
    known = {"J": "proxyjump", "i": "identityfile", "p": "port", "l": "user"}
    return known.get(flag, f"-{flag}"), value


def jump_of(command: str) -> str | None:
    """Return the jump host of ``ssh -W %h:%p [-q] [-p PORT] [-l USER] HOST``, else None."""
    words = command.split()
    if not words or words.pop(0).rpartition("/")[2] != "ssh":
        return None
    user = port = host = None
    forwards = False
    rest = iter(words)
    for word in rest:
        if word == "-W":
            forwards = next(rest, None) in ("%h:%p", "[%h]:%p")
        elif word == "-p":
            port = next(rest, None)
        elif word == "-l":
            user = next(rest, None)
        elif word in ("-q", "-A", "-T", "-a", "-x"):
            continue
        elif host is None and not word.startswith("-"):
            host = word
        else:
            return None
    if not forwards or host is None:
        return None
    return (f"{user}@" if user else "") + host + (f":{port}" if port else "")
