"""Keystone for many calls from several threads, asked again when it fails for a moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

from setup_tool.adapters.keystone import Keystone, LoginRefusedError
from setup_tool.core.errors import OverloadedError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.adapters.keystone_access import Access
    from setup_tool.ports import Clock

T = TypeVar("T")

DELAYS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each further try: a restart of Keystone lies between the first and the last."""


class PatientKeystone:
    """One login at one Keystone, for several threads.

    Each thread has connections of its own, since `requests` promises nothing for shared
    ones; the token is one for all, behind keystoneauth's own lock, and is renewed when it
    expires. What fails in a way that may pass (no answer, 5xx, 429) is done again, so that
    only what may be done twice may be called.
    """

    def __init__(self, login: CloudLogin, clock: Clock) -> None:
        self._login = login
        self._clock = clock
        self._own = threading.local()

    @property
    def login(self) -> CloudLogin:
        """The login, over the connections of the calling thread."""
        return self._mine().login

    @property
    def once(self) -> Keystone:
        """The same Keystone, asked once only, in the calling thread."""
        return self._mine()

    def access(self) -> Access:
        """Return what the login was answered with; raises what `Keystone.access` does."""
        return self._again(lambda: self._mine().access())

    def call(self, doing: str, action: Callable[[Any], T], *, secret: bool = False) -> T:
        """Call Keystone until it works or has failed for long; see `Keystone.call`."""
        return self._again(lambda: self._mine().call(doing, action, secret=secret))

    def _again(self, attempt: Callable[[], T]) -> T:
        for delay in DELAYS:
            try:
                return attempt()
            except LoginRefusedError:
                raise
            except (UnreachableError, OverloadedError):
                self._clock.wait(delay)
        return attempt()

    def _mine(self) -> Keystone:
        if not hasattr(self._own, "keystone"):
            self._own.keystone = Keystone(self._login.over_own_connections())
        found: Keystone = self._own.keystone
        return found
