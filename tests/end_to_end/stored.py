"""Users with keys, made past the program for a test of it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.adapters.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cloud import Cloud


@dataclass(frozen=True, slots=True)
class Holder:
    """A user of a cloud with a role on a project of the same name."""

    rest: Rest
    name: str
    user_id: str
    project_id: str

    def key(self, record: dict[str, str] | None = None, **fields: str) -> str:
        """Make a key, with a record beside it if one is given; return its access key."""
        access = uuid.uuid4().hex
        blob: dict[str, Any] = {"access": access, "secret": f"canary-{access}"}
        if record is not None:
            blob["setup_tool"] = record
        known = {"user_id": self.user_id, "project_id": self.project_id} | fields
        body = {"credential": {"type": "ec2", "blob": json.dumps(blob), **known}}
        self.rest.send("POST", "/credentials", body)
        return access

    def access_keys(self) -> set[str]:
        """Return the access keys that Keystone has."""
        listed = self.rest.send("GET", f"/credentials?type=ec2&user_id={self.user_id}")
        return {json.loads(each["blob"])["access"] for each in listed["credentials"]}

    def record(self, access: str) -> Any:
        """Return the record that is kept with a key, None where there is none."""
        listed = self.rest.send("GET", f"/credentials?type=ec2&user_id={self.user_id}")
        blobs = (json.loads(each["blob"]) for each in listed["credentials"])
        return next(blob.get("setup_tool") for blob in blobs if blob["access"] == access)

    def drop_role(self) -> None:
        (role,) = self.rest.find("role", name="member")
        path = f"/projects/{self.project_id}/users/{self.user_id}/roles/{role['id']}"
        self.rest.send("DELETE", path)


def holder(cloud: Cloud) -> Iterator[Holder]:
    """Make one; the user, the project and the keys of both go in the end."""
    rest = Rest(cloud.lab)
    name = f"holder-{uuid.uuid4().hex[:12]}"
    user = rest.make("user", name=name, domain_id="default", password="canary-holder")
    project = rest.make("project", name=name, domain_id="default")
    rest.grant(user, project, "member")
    yield Holder(rest, name, user, project)
    rest.clean_up()
