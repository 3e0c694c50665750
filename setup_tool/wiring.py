"""Builds the adapters and hands them over. The heavy libraries are imported here, late."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.adapters.identity import KeystoneIdentity
    from setup_tool.adapters.keys import KeystoneKeys
    from setup_tool.declare.access import AccessOptions
    from setup_tool.declare.inventory import Inventory, Node, Serial
    from setup_tool.declare.roles import Role
    from setup_tool.engine.world import Selection, World
    from setup_tool.ports import (
        Accounts,
        Clock,
        Entropy,
        Files,
        KeyRing,
        Listener,
        ManyKeys,
        Shell,
        Signer,
        Web,
    )


@dataclass(frozen=True, slots=True)
class Many:
    """What keys for many users take; ``settle`` says that every request was answered."""

    accounts: Accounts
    keys: ManyKeys
    settle: Callable[[], object]


@cache
def load_texts() -> Mapping[str, str]:
    """Return the files that are put on nodes, by their names below ``templates/node``."""
    from setup_tool.data import folder

    templates = folder("templates") / "node"
    return {
        str(path.relative_to(templates)): path.read_text(encoding="utf-8")
        for path in sorted(templates.glob("*/*"))
        if path.is_file()
    }


@cache
def load_roles() -> Mapping[str, Role]:
    """Return the roles that came with the program, by name; their files are read once."""
    from setup_tool.data import folder
    from setup_tool.declare.roles import load_role

    roles = (
        load_role(path.read_text(encoding="utf-8"), f"roles/{path.name}", load_texts())
        for path in sorted(folder("roles").glob("*.yaml"))
    )
    return {role.name: role for role in roles}


def load_inventory(path: str) -> Inventory:
    """Return an operator's inventory; raises `DeclarationError`."""
    from setup_tool.adapters.inventory_files import load_inventory as load

    return load(path)


def select(inventory: Inventory, limit: str | None) -> tuple[Node, ...]:
    """Return the nodes that a host pattern means, all without one."""
    from setup_tool.declare.patterns import select as matching

    return matching(inventory, limit) if limit else inventory.nodes


def selection(
    inventory: Inventory,
    nodes: tuple[Node, ...],
    roles: tuple[str, ...],
    remove_endpoints: tuple[str, ...],
    *,
    reset_passwords: bool = False,
) -> Selection:
    """Return what was asked for; raises `DeclarationError` for a role there is not."""
    from setup_tool.engine.world import Selection

    known = sorted(load_roles())
    for role in roles:
        if role not in known:
            raise DeclarationError(f"There is no role '{role}'; there are {', '.join(known)}.")
    whole = len(nodes) == len(inventory.nodes)
    return Selection(frozenset(roles), whole, frozenset(remove_endpoints), reset_passwords)


def open_login(os_cloud: str | None, environ: Mapping[str, str] | None = None) -> CloudLogin:
    """Return the login of a clouds.yaml entry or of the environment, not yet made."""
    from setup_tool.adapters.cloud_login import open_session

    return open_session(os_cloud, os.environ if environ is None else environ)


@contextmanager
def open_world(
    inventory: Inventory,
    nodes: tuple[Node, ...],
    listener: Listener,
    forks: int = 16,
    environ: Mapping[str, str] | None = None,
    *,
    options: AccessOptions | None = None,
) -> Iterator[World]:
    """Build everything a run needs; connections are made at first use and closed at the end.

    Passwords and passphrases that are to be asked for are asked for here.
    """
    from setup_tool.adapters.records import FileRecords, state_folder
    from setup_tool.engine.world import World

    login = open_login(inventory.agreed("os_cloud"), environ)
    shells = open_shells(nodes, listener, options)
    try:
        yield World(
            nodes=nodes,
            shells=shells,
            identity=open_identity(login),
            keys=open_keys(login),
            web=open_web(login.ca_bundle),
            signer=open_signer(),
            clock=open_clock(),
            entropy=open_entropy(),
            listener=listener,
            records=FileRecords(state_folder() / "runs"),
            roles=load_roles(),
            texts=load_texts(),
            forks=forks,
        )
    finally:
        for shell in shells.values():
            shell.close()


def open_shells(
    nodes: tuple[Node, ...], listener: Listener, options: AccessOptions | None = None
) -> Mapping[str, Shell]:
    """Return a shell a node, not yet connected; ``listener`` is told of accepted host keys."""
    from pathlib import Path

    from setup_tool.adapters.admission import unlock_keys, with_passwords
    from setup_tool.adapters.local import LocalShell
    from setup_tool.adapters.ssh import SshShell
    from setup_tool.adapters.ssh_context import SshContext
    from setup_tool.core.events import Event
    from setup_tool.declare.access import AccessOptions

    options = options or AccessOptions()
    context = SshContext(
        Path("~/.ssh").expanduser(),
        accept_new=options.accept_new_host_keys,
        announce=lambda text: listener.on(Event("ssh", text)),
    )
    accesses = with_passwords([node.access for node in nodes], options)
    unlock_keys(accesses, context)
    shells: dict[str, Shell] = {}
    for node, access in zip(nodes, accesses, strict=True):
        local = access.connection == "local"
        shells[node.name] = (
            LocalShell(node.name, access) if local else SshShell(node.name, access, context)
        )
    return shells


def open_identity(login: CloudLogin) -> KeystoneIdentity:
    """Return Keystone as the login sees it."""
    from setup_tool.adapters.identity import KeystoneIdentity

    return KeystoneIdentity(login)


def open_keys(login: CloudLogin) -> KeystoneKeys:
    """Return the EC2 credentials that the login may see and make."""
    from setup_tool.adapters.keys import KeystoneKeys

    return KeystoneKeys(login)


@contextmanager
def open_many(login: CloudLogin) -> Iterator[Many]:
    """Return Keystone for keys of many users, as an administrator.

    Raises `DeclarationError` for a login through v2.0.
    """
    from setup_tool.adapters.accounts import KeystoneAccounts
    from setup_tool.adapters.many_keys import KeystoneManyKeys
    from setup_tool.adapters.patient_keystone import PatientKeystone
    from setup_tool.adapters.records import state_folder
    from setup_tool.adapters.seed_file import SeedFile

    clock = open_clock()
    keystone = PatientKeystone(login, clock)
    accounts = KeystoneAccounts(keystone)
    accounts.check_version()
    seed = SeedFile(state_folder() / "issuing-seed", clock)
    with seed.held() as value:
        yield Many(accounts, KeystoneManyKeys(keystone, value), seed.settle)


def open_key_ring(login: CloudLogin) -> KeyRing:
    """Return all EC2 credentials that the login may see."""
    from setup_tool.adapters.key_ring import KeystoneKeyRing

    return KeystoneKeyRing(login)


def open_web(ca_bundle: str | None) -> Web:
    """Return the HTTP client."""
    from setup_tool.adapters.web import UrllibWeb

    return UrllibWeb(ca_bundle)


def open_signer(clock: Clock | None = None) -> Signer:
    """Return what signs S3 and EC2 requests, by this machine's time or a clock of its own."""
    from setup_tool.adapters.signing import BotocoreSigner

    return BotocoreSigner(clock or open_clock())


def open_clock() -> Clock:
    """Return this machine's time."""
    from setup_tool.adapters.machine import SystemClock

    return SystemClock()


def open_entropy() -> Entropy:
    """Return this machine's randomness."""
    from setup_tool.adapters.machine import SystemEntropy

    return SystemEntropy()


def open_files() -> Files:
    """Return this machine's files."""
    from setup_tool.adapters.files import LocalFiles

    return LocalFiles()


def serial(inventory: Inventory, said: str | None) -> Serial:
    """Return how many proxies change at a time; raises `DeclarationError` for what is none."""
    from setup_tool.declare.inventory import Serial

    if said is None:
        found: Serial | None = inventory.agreed("serial", "proxy")
        return found or Serial(1)
    try:
        return Serial.parse(said)
    except ValueError as problem:
        raise DeclarationError(f"--serial {said}: {problem}") from None
