"""Users and projects as values, and how people name them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """A user, a project or a group as somebody names it: by name or id.

    ``domain``, by name or id, is where it lies; None: wherever it is the only one.
    """

    word: str
    domain: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A user or a project in Keystone."""

    id: str
    name: str
    domain_id: str | None
    enabled: bool
