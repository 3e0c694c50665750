"""What the engine needs of the world, as protocols of one to six methods.

Adapters fulfil them; tests may too. Nothing here does I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from setup_tool.core.account import Account, Named
    from setup_tool.core.credential import Credential, KeyPair, Owner
    from setup_tool.core.errors import SetupToolError
    from setup_tool.core.events import Event
    from setup_tool.core.facts import NodeFacts
    from setup_tool.core.http import Request, Response
    from setup_tool.core.identity import (
        IdentityFacts,
        IdentityQuery,
        IdentityStep,
        Whereabouts,
    )
    from setup_tool.core.key_record import KeyRecord
    from setup_tool.core.queries import NodeQuery
    from setup_tool.core.secret import Text
    from setup_tool.core.stored_key import Directory, StoredKey
    from setup_tool.core.transaction import Outcome, Transaction


class Web(Protocol):
    """An HTTP client that neither retries nor follows redirects."""

    def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        """Send one request and read the whole answer; ``timeout`` in seconds.

        Raises `UnreachableError` when there is no answer.
        """
        ...


class Signer(Protocol):
    """Signs S3 and EC2 requests as the AWS SDKs do."""

    def sign(
        self, request: Request, pair: KeyPair, *, region: str, version: str, service: str = "s3"
    ) -> Request:
        """Return the request with an ``Authorization`` header; version is ``v2`` or ``v4``."""
        ...

    def presign(
        self, request: Request, pair: KeyPair, *, region: str, version: str, expires: int
    ) -> Request:
        """Return the request with its signature in the URL, valid for ``expires`` seconds."""
        ...


class Files(Protocol):
    """Files on the operator's machine."""

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, None when there is none; raises `SetupToolError` otherwise."""
        ...

    def directory(self, path: str) -> str:
        """Return where the path of a directory leads; raises `DeclarationError` for a trap."""
        ...

    def locked(self, directory: str) -> AbstractContextManager[None]:
        """Keep other runs from writing into a directory, which is made; waits for its turn."""
        ...

    def check_writable(self, path: str) -> None:
        """Raise `DeclarationError` where `write_private` would refuse; changes nothing."""
        ...

    def write_private(self, path: str, content: Text) -> None:
        """Replace or create a file, 0600 from the moment it exists, wholly or not at all.

        A missing parent directory is created with mode 0700.
        """
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """Return the time, with UTC as its zone."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        ...

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...


class Entropy(Protocol):
    """Randomness."""

    def token(self, size: int) -> str:
        """Return ``size`` random bytes as lower-case hexadecimal digits."""
        ...


class Listener(Protocol):
    """Whoever shows progress."""

    def on(self, event: Event) -> None:
        """Take note of an event; may be called from several threads."""
        ...


class Shell(Protocol):
    """One node. Connects at first use, keeps one connection, is used by one thread."""

    def observe(self, queries: Sequence[NodeQuery]) -> NodeFacts:
        """Answer all queries in one round trip, changing nothing on the node.

        Raises `UnreachableError` naming the node and the phase (connect, host key,
        login, sudo, reply).
        """
        ...

    def commit(self, transaction: Transaction, listener: Listener) -> Outcome:
        """Stage the transaction, start it outside this session and follow it to its end."""
        ...

    def attach(self, run: str, state_dir: str, listener: Listener) -> Outcome:
        """Follow a transaction that is already running on the node."""
        ...

    def close(self) -> None:
        """Let go of the connection; a transaction under way goes on by itself."""
        ...


class Identity(Protocol):
    """Keystone, as an administrator."""

    def observe(self, queries: Sequence[IdentityQuery]) -> IdentityFacts:
        """Answer all queries with GET and HEAD, and one login for each `TryLogin`.

        As long as the object lives, a password that worked or was refused is not tried again.

        Raises `UnreachableError` when Keystone cannot be reached, answers with no
        JSON, or lets us in not at all, and `SetupToolError` when a listing fails:
        half an answer is none.
        """
        ...

    def perform(self, step: IdentityStep) -> None:
        """Do one thing; done already is no error. Raises `SetupToolError` otherwise."""
        ...

    def whereabouts(self) -> Whereabouts:
        """Return who we are and where; the login itself is all it costs."""
        ...


class Keys(Protocol):
    """EC2 credentials in Keystone."""

    def owner(self, user: str | None, project: str | None, domain: str | None) -> Owner:
        """Find a (user, project) by name or id; None: our own.

        Raises `DeclarationError` when one does not exist, is disabled or ambiguous, or
        the user has no role on the project.
        """
        ...

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        """Return the EC2 credentials of a (user, project), in a stable order."""
        ...

    def create(self, owner: Owner, record: KeyRecord | None = None) -> Credential:
        """Make a new credential; Keystone chooses access and secret.

        With a ``record`` that is kept with it where Keystone lets it; the credential that is
        returned tells: else its own record is empty.
        """
        ...

    def create_chosen(self, owner: Owner, pair: KeyPair) -> Credential:
        """Make a credential with this access and secret (``/v3/credentials``).

        Where Keystone takes neither (Identity v2.0), it has those that Keystone chose.
        """
        ...

    def delete(self, credential: Credential) -> None:
        """Remove a credential; gone already is no error."""
        ...


class KeyRing(Protocol):
    """The EC2 credentials in Keystone, of everybody as far as our login may see them."""

    def ourselves(self) -> str:
        """Return the id of our own user."""
        ...

    def user_ids(self, user: str, domain: str | None) -> frozenset[str]:
        """Return the ids of the users of a name, in one domain or (None) in all.

        What is nobody's name counts as an id, perhaps of a user that is gone. Raises
        `SetupToolError` where our login may ask for nobody but itself.
        """
        ...

    def stored(self, user_id: str | None) -> tuple[StoredKey, ...]:
        """Return the credentials of a user or, with None, of all, by access key.

        Raises `DeclarationError` where those of all cannot be had, `SetupToolError` when the
        listing fails or is cut short.
        """
        ...

    def directory(self, keys: Collection[StoredKey]) -> Directory:
        """Return what the ids of these keys mean.

        Raises `SetupToolError` where our login may not ask for them.
        """
        ...

    def note(self, key: StoredKey, record: KeyRecord) -> None:
        """Put a record in the place of a credential's; all else in its blob stays.

        Raises `SetupToolError` where Keystone keeps none.
        """
        ...

    def delete(self, key: StoredKey) -> None:
        """Remove a credential; gone already is no error."""
        ...


class Accounts(Protocol):
    """Many users and projects in Keystone at a time, as an administrator.

    A listing that failed or was cut short is never taken for the whole.
    """

    def find(
        self, kind: Literal["users", "projects"], wanted: Collection[Named]
    ) -> Mapping[Named, Account | SetupToolError]:
        """Return those that are enabled, and for each of the others why it cannot be meant."""
        ...

    def users(self, ids: Collection[str]) -> Mapping[str, Account | SetupToolError]:
        """Return users by their ids, also disabled ones."""
        ...

    def group(self, group: Named) -> tuple[Account, ...]:
        """Return the users of a group, also disabled ones; raises `DeclarationError`."""
        ...

    def members(self, project: Account) -> frozenset[str]:
        """Return the ids of all users with a role on a project, by groups and inheritance too."""
        ...

    def owner(self, user: Account, project: Account) -> Owner:
        """Return a user and a project with the domains they are in."""
        ...


class ManyKeys(Protocol):
    """The EC2 credentials of many users at a time, as an administrator, for several threads.

    Those that stand for a delegation or were made by a run for itself are left out.
    """

    def look_up(self, owners: Collection[Owner]) -> None:
        """Read what there is of many owners by few calls; before `find`, on one thread."""
        ...

    def find(self, owner: Owner) -> tuple[Credential, ...]:
        """Return the credentials of a (user, project), by access key, with their records."""
        ...

    def create(self, owner: Owner, record: KeyRecord) -> Credential:
        """Make a credential; asked again for the same owner and label, the same one."""
        ...

    def owner_of(self, access: str) -> tuple[str, str] | None:
        """Return the ids of the user and the project whose an access key is."""
        ...

    def delete(self, credential: Credential) -> None:
        """Remove a credential; gone already is no error."""
        ...


class Records(Protocol):
    """What was done to Keystone, kept so that it can be undone."""

    def done(self, run: str, step: IdentityStep) -> None:
        """Note a step of a run before it is performed, with its inverse."""
        ...

    def kept(self, run: str) -> tuple[str, ...]:
        """Return the paths of what was noted in an operator's run, in the order of its rounds."""
        ...
