"""What is wrong with a key, as Keystone's records tell without a request being made with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, timedelta

    from setup_tool.core.account import Account
    from setup_tool.core.stored_key import Directory, StoredKey


class Problem(StrEnum):
    """A finding, in the words that are shown."""

    USER_MISSING = "user missing"
    USER_DISABLED = "user disabled"
    PROJECT_MISSING = "project missing"
    PROJECT_DISABLED = "project disabled"
    DOMAIN_DISABLED = "domain disabled"
    NO_ROLE = "no role left"
    NO_ACCESS = "no role left, or project disabled or missing"
    REFUSED = "refused by the gateway"
    EXPIRED = "expired"
    RETIRED = "due to be deleted"
    SEVERAL = "several keys"
    OLD = "too old"
    AGE_UNKNOWN = "age unknown"
    LEFT_OVER = "left over"
    """A run made it for itself and did not come to its end."""


_DEAD = frozenset(
    {
        Problem.USER_MISSING,
        Problem.USER_DISABLED,
        Problem.PROJECT_MISSING,
        Problem.PROJECT_DISABLED,
        Problem.DOMAIN_DISABLED,
        Problem.NO_ROLE,
        Problem.NO_ACCESS,
        Problem.REFUSED,
    }
)

PASSING_SECONDS = 3600.0
"""How long a run may need the key that it made for itself."""


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key with the names behind its ids (else the ids), and what is wrong with it."""

    key: StoredKey
    user: str
    user_domain: str | None
    project: str
    project_domain: str | None
    problems: tuple[Problem, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether requests signed with it should be answered."""
        return not _DEAD.intersection(self.problems)


def states(
    keys: Iterable[StoredKey],
    directory: Directory,
    now: datetime,
    *,
    oldest: timedelta | None = None,
) -> tuple[KeyState, ...]:
    """Return the state of each key, by user, project and access key.

    ``oldest`` is the age from which on a key is too old; None: any age will do. Of keys for one
    user and project that a run made for itself, or that are to be deleted, none counts as one of
    several.
    """
    listed = tuple(keys)
    lasting = Counter(
        (key.user_id, key.project_id)
        for key in listed
        if not key.pair.is_passing and key.record.retires is None and not key.delegated
    )
    found = []
    for key in listed:
        problems = [*_account_problems(key, directory), *_age_problems(key, now, oldest)]
        alone = key.pair.is_passing or key.record.retires or key.delegated
        if not alone and lasting[key.user_id, key.project_id] > 1:
            problems.append(Problem.SEVERAL)
        found.append(_named(key, directory, tuple(problems)))
    return tuple(sorted(found, key=lambda one: (one.user, one.project, one.key.access)))


def _account_problems(key: StoredKey, directory: Directory) -> Iterator[Problem]:
    user, project = directory.users.get(key.user_id), directory.projects.get(key.project_id)
    if user is None:
        yield Problem.USER_MISSING
    elif not user.enabled:
        yield Problem.USER_DISABLED
    if project is None:
        yield Problem.PROJECT_MISSING if directory.whole else Problem.NO_ACCESS
    elif not project.enabled:
        yield Problem.PROJECT_DISABLED
    if any(_is_disabled(one, directory) for one in (user, project)):
        yield Problem.DOMAIN_DISABLED
    if user and project and (key.user_id, key.project_id) not in directory.members:
        yield Problem.NO_ROLE


def _age_problems(key: StoredKey, now: datetime, oldest: timedelta | None) -> Iterator[Problem]:
    record = key.record
    if key.pair.is_left_over(now.timestamp(), PASSING_SECONDS):
        yield Problem.LEFT_OVER
    if key.pair.is_passing or key.delegated:
        return
    if record.retires is not None and record.retires <= now:
        yield Problem.RETIRED
    if record.expires is not None and record.expires <= now:
        yield Problem.EXPIRED
    if oldest is not None and record.issued is None:
        yield Problem.AGE_UNKNOWN
    elif oldest is not None and record.issued is not None and record.issued + oldest <= now:
        yield Problem.OLD


def _is_disabled(account: Account | None, directory: Directory) -> bool:
    domain = directory.domains.get(account.domain_id or "") if account else None
    return domain is not None and not domain.enabled


def _named(key: StoredKey, directory: Directory, problems: tuple[Problem, ...]) -> KeyState:
    user, project = directory.users.get(key.user_id), directory.projects.get(key.project_id)
    return KeyState(
        key,
        user.name if user else key.user_id,
        _domain(user, directory),
        project.name if project else key.project_id,
        _domain(project, directory),
        problems,
    )


def _domain(account: Account | None, directory: Directory) -> str | None:
    if account is None or account.domain_id is None:
        return None
    known = directory.domains.get(account.domain_id)
    return known.name if known else account.domain_id
