"""Users and projects as values, and how people name them."""

from __future__ import annotations

from dataclasses import dataclass

from setup_tool.core.errors import DeclarationError


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


def disabled(kind: str, name: str) -> DeclarationError:
    """Return the error for a user or a project that is disabled."""
    return DeclarationError(
        f"The {kind} '{name}' is disabled, so no key of it would work. Enable it first."
    )


def without_role(user: str, project: str) -> DeclarationError:
    """Return the error for a user who has no role on a project."""
    return DeclarationError(
        f"User '{user}' has no role on project '{project}', so a key for it "
        "would be refused everywhere. Name another project, or grant a role first."
    )
