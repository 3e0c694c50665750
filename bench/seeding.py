"""Thousands of users for a lab's Keystone, put into its database: by its API it takes minutes."""

from __future__ import annotations

import sqlite3
import uuid
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DOMAIN = "default"


def seed(lab: Path, users: int, projects: Sequence[str]) -> list[str]:
    """Make users with role member on all of some new projects; return the users' names.

    They have no password. The rows are those that Keystone 30 itself writes.
    """
    names = [f"user{number:05}" for number in range(users)]
    with closing(_open(lab)) as database, database:
        (role,) = database.execute("SELECT id FROM role WHERE name = 'member'").fetchone()
        project_ids = [_project(database, name) for name in projects]
        for name in names:
            known_id = uuid.uuid4().hex
            database.execute(
                "INSERT INTO user (id, extra, enabled, domain_id, created_at) "
                "VALUES (?, '{}', 1, ?, CURRENT_TIMESTAMP)",
                (known_id, _DOMAIN),
            )
            database.execute(
                "INSERT INTO local_user (user_id, domain_id, name) VALUES (?, ?, ?)",
                (known_id, _DOMAIN, name),
            )
            database.executemany(
                "INSERT INTO assignment (type, actor_id, target_id, role_id, inherited) "
                "VALUES ('UserProject', ?, ?, ?, 0)",
                [(known_id, project_id, role) for project_id in project_ids],
            )
    return names


def keys_by_owner(lab: Path, projects: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return how many EC2 keys each user has for each of the projects; who has none is left out."""
    with closing(_open(lab)) as database:
        marks = ", ".join("?" * len(projects))
        rows = database.execute(
            "SELECT credential.user_id, project.name, count(*) FROM credential "  # noqa: S608
            "JOIN project ON project.id = credential.project_id "
            f"WHERE credential.type = 'ec2' AND project.name IN ({marks}) GROUP BY 1, 2",
            tuple(projects),
        )
        return {(user, project): count for user, project, count in _all(rows)}


def _all(rows: sqlite3.Cursor) -> Iterator[tuple[str, str, int]]:
    yield from rows


def _open(lab: Path) -> sqlite3.Connection:
    return sqlite3.connect(lab / "keystone" / "keystone.db", timeout=60)


def _project(database: sqlite3.Connection, name: str) -> str:
    known_id = uuid.uuid4().hex
    database.execute(
        "INSERT INTO project (id, name, extra, description, enabled, domain_id, parent_id, "
        "is_domain) VALUES (?, ?, '{}', '', 1, ?, ?, 0)",
        (known_id, name, _DOMAIN, _DOMAIN),
    )
    return known_id
