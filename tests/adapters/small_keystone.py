"""A small Keystone v2.0, for what needs no real one; `IdentityContract` holds it to that.

It has an admin API at another port, as the real one. What it does not know it answers with 404.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from setup_tool.adapters.cloud_login import CloudLogin, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator

Things = dict[str, dict[str, Any]]
_INTERFACES = ("publicurl", "internalurl", "adminurl")


class RefusedError(Exception):
    """What a request is answered with instead."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class SmallKeystone:
    """What it holds, by id; ``grants`` are (tenant, user, role)."""

    url: str = ""
    admin_url: str = ""
    users: Things = field(default_factory=dict)
    tenants: Things = field(default_factory=dict)
    roles: Things = field(default_factory=dict)
    services: Things = field(default_factory=dict)
    endpoints: Things = field(default_factory=dict)
    keys: Things = field(default_factory=dict)
    grants: set[tuple[str, str, str]] = field(default_factory=set)
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    def fill(self) -> None:
        """Make the administrator and the demonstrator, and where Keystone itself is."""
        for name in ("admin", "member"):
            self.add("roles", name=name)
        for name, role in (("admin", "admin"), ("demo", "member")):
            user = self.add("users", name=name, password=f"canary-{name}", enabled=True)
            tenant = self.add("tenants", name=name, enabled=True)
            self.grants.add((tenant["id"], user["id"], self._named("roles", role)["id"]))
        service = self.add("services", name="keystone", type="identity", description="")
        self.add(
            "endpoints",
            service_id=service["id"],
            region="RegionOne",
            publicurl=f"{self.url}/v2.0",
            internalurl=f"{self.url}/v2.0",
            adminurl=f"{self.admin_url}/v2.0",
        )

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Keep something under a new id."""
        known_id = uuid.uuid4().hex
        made: dict[str, Any] = {"id": known_id, **fields}
        getattr(self, kind)[known_id] = made
        return made

    def login(self, user: str = "admin", **changes: str) -> CloudLogin:
        environ = {
            "OS_AUTH_URL": self.url,
            "OS_USERNAME": user,
            "OS_PASSWORD": f"canary-{user}",
            "OS_TENANT_NAME": user,
        }
        return open_session(None, {**environ, **changes}, timeout=5)

    def answer(self, method: str, path: str, body: Any, token: str, *, admin: bool) -> Any:
        """Return the status and what is to be sent; raises `RefusedError`."""
        if (method, path) == ("GET", "/"):
            links = [{"rel": "self", "href": "http://localhost:5000/v2.0/"}]
            version = {"id": "v2.0", "status": "deprecated", "links": links}
            return 300, {"versions": {"values": [version]}}
        if (method, path) == ("POST", "/v2.0/tokens"):
            return 200, self._token(body["auth"])
        user_id, tenant_id = self.tokens.get(token, ("", ""))
        if not user_id:
            raise RefusedError(401)
        routes = {**_OPEN, **(_ADMIN if admin else _PUBLIC)}
        for pattern, action in routes.items():
            if found := re.fullmatch(pattern, f"{method} {path}"):
                if pattern in _ADMIN and admin and not self._is_admin(user_id, tenant_id):
                    raise RefusedError(403)
                return action(self, user_id, body, *found.groups())
        raise RefusedError(404)

    def _token(self, auth: dict[str, Any]) -> dict[str, Any]:
        said = auth["passwordCredentials"]
        user = self._named("users", said["username"], refusal=401)
        if user["password"] != said["password"] or not user["enabled"]:
            raise RefusedError(401)
        token: dict[str, Any] = {"id": uuid.uuid4().hex, "expires": "2999-01-01T00:00:00Z"}
        roles: list[dict[str, str]] = []
        if name := auth.get("tenantName"):
            token["tenant"] = self._named("tenants", name, refusal=401)
            roles = self.roles_of(user["id"], token["tenant"]["id"])
            if not roles or not token["tenant"]["enabled"]:
                raise RefusedError(401)
        self.tokens[token["id"]] = (user["id"], token.get("tenant", {}).get("id", ""))
        catalogue = [
            {
                "type": service["type"],
                "name": service["name"],
                "endpoints": [
                    {"region": one["region"], "id": one["id"]}
                    | {f"{name[:-3]}URL": one[name] for name in _INTERFACES if one.get(name)}
                    for one in self.endpoints.values()
                    if one["service_id"] == service["id"]
                ],
            }
            for service in self.services.values()
        ]
        who = {"id": user["id"], "name": user["name"], "username": user["name"], "roles": roles}
        return {"access": {"token": token, "user": who, "serviceCatalog": catalogue}}

    def roles_of(self, user_id: str, tenant_id: str) -> list[dict[str, str]]:
        held = sorted(
            role for tenant, user, role in self.grants if (tenant, user) == (tenant_id, user_id)
        )
        return [{"id": role, "name": self.roles[role]["name"]} for role in held]

    def _is_admin(self, user_id: str, tenant_id: str) -> bool:
        return any(role["name"] == "admin" for role in self.roles_of(user_id, tenant_id))

    def _named(self, kind: str, name: str, *, refusal: int = 404) -> dict[str, Any]:
        for thing in getattr(self, kind).values():
            if thing["name"] == name:
                found: dict[str, Any] = thing
                return found
        raise RefusedError(refusal)

    def create(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        if any(one["name"] == fields["name"] for one in getattr(self, kind).values()):
            raise RefusedError(409)
        return self.add(kind, **{name: value for name, value in fields.items() if name != "id"})

    def one(self, kind: str, known_id: str) -> dict[str, Any]:
        if known_id not in getattr(self, kind):
            raise RefusedError(404)
        found: dict[str, Any] = getattr(self, kind)[known_id]
        return found

    def create_endpoint(self, fields: dict[str, Any]) -> dict[str, Any]:
        if not fields.get("publicurl") or not fields.get("service_id"):
            raise RefusedError(400)
        return self.add("endpoints", **{name: value for name, value in fields.items() if value})

    def delete_endpoint(self, known_id: str) -> None:
        if self.one("endpoints", known_id).get("of_v3"):
            raise RefusedError(404)
        del self.endpoints[known_id]

    def delete_service(self, known_id: str) -> None:
        del self.services[self.one("services", known_id)["id"]]
        for one in [e for e in self.endpoints.values() if e["service_id"] == known_id]:
            del self.endpoints[one["id"]]

    def grant(self, tenant: str, user: str, role: str) -> dict[str, Any]:
        grant = (self.one("tenants", tenant)["id"], self.one("users", user)["id"], role)
        if grant in self.grants:
            raise RefusedError(409)
        self.grants.add(grant)
        return self.one("roles", role)

    def revoke(self, *grant: str) -> None:
        if grant not in self.grants:
            raise RefusedError(404)
        self.grants.remove(grant)  # type: ignore[arg-type]

    def make_key(self, user: str, tenant: str) -> dict[str, Any]:
        self.one("tenants", tenant)
        access = uuid.uuid4().hex
        made = {"access": access, "secret": uuid.uuid4().hex, "user_id": user, "tenant_id": tenant}
        self.keys[access] = made
        return made

    def tenants_of(self, user: str) -> list[dict[str, Any]]:
        mine = {tenant for tenant, who, _ in self.grants if who == user}
        return [one for one in self.tenants.values() if one["id"] in mine]

    def own(self, asking: str, user: str) -> str:
        """Return whose keys are asked for: one's own, or anybody's for an administrator."""
        if asking != user and not any(self._is_admin(asking, tenant) for tenant in self.tenants):
            raise RefusedError(403)
        return str(self.one("users", user)["id"])


def _shown(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name not in {"password", "of_v3"}}


def _all(things: Things) -> list[dict[str, Any]]:
    return [_shown(thing) for thing in things.values()]


def _changed(thing: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    thing.update(fields)
    return _shown(thing)


_EC2 = "/v2.0/users/([^/]+)/credentials/OS-EC2"
_ROLES = "/v2.0/tenants/([^/]+)/users/([^/]+)/roles"
_SERVICE = "OS-KSADM:service"

_OPEN: dict[str, Any] = {
    f"GET {_EC2}": lambda k, me, _, user: (
        200,
        {"credentials": [key for key in k.keys.values() if key["user_id"] == k.own(me, user)]},
    ),
    f"POST {_EC2}": lambda k, me, body, user: (
        200,
        {"credential": k.make_key(k.own(me, user), body["tenant_id"])},
    ),
    f"DELETE {_EC2}/([^/]+)": lambda k, me, _, user, access: (
        204,
        k.own(me, user) and k.keys.pop(k.one("keys", access)["access"]) and None,
    ),
}
"""What both ports serve: the pattern of a request, and what is done."""

_PUBLIC: dict[str, Any] = {
    "GET /v2.0/tenants": lambda k, me, _: (200, {"tenants": k.tenants_of(me)}),
}
"""What only the public port serves like this."""

_ADMIN: dict[str, Any] = {
    "GET /v2.0/users": lambda k, _m, _b: (200, {"users": _all(k.users)}),
    "GET /v2.0/users/([^/]+)": lambda k, _m, _b, i: (200, {"user": _shown(k.one("users", i))}),
    "POST /v2.0/users": lambda k, _m, b: (200, {"user": _shown(k.create("users", b["user"]))}),
    "PUT /v2.0/users/([^/]+)/OS-KSADM/(?:enabled|password)": lambda k, _m, b, i: (
        200,
        {"user": _changed(k.one("users", i), b["user"])},
    ),
    "GET /v2.0/tenants": lambda k, _m, _b: (200, {"tenants": _all(k.tenants)}),
    "GET /v2.0/tenants/([^/]+)": lambda k, _m, _b, i: (200, {"tenant": k.one("tenants", i)}),
    "POST /v2.0/tenants": lambda k, _m, b: (200, {"tenant": k.create("tenants", b["tenant"])}),
    "POST /v2.0/tenants/([^/]+)": lambda k, _m, b, i: (
        200,
        {"tenant": _changed(k.one("tenants", i), b["tenant"])},
    ),
    f"GET {_ROLES}": lambda k, _m, _b, t, u: (200, {"roles": k.roles_of(u, t)}),
    f"PUT {_ROLES}/OS-KSADM/([^/]+)": lambda k, _m, _b, t, u, r: (200, {"role": k.grant(t, u, r)}),
    f"DELETE {_ROLES}/OS-KSADM/([^/]+)": lambda k, _m, _b, t, u, r: (204, k.revoke(t, u, r)),
    "GET /v2.0/OS-KSADM/roles": lambda k, _m, _b: (200, {"roles": _all(k.roles)}),
    "POST /v2.0/OS-KSADM/roles": lambda k, _m, b: (200, {"role": k.create("roles", b["role"])}),
    "GET /v2.0/OS-KSADM/services": lambda k, _m, _b: (200, {f"{_SERVICE}s": _all(k.services)}),
    "POST /v2.0/OS-KSADM/services": lambda k, _m, b: (
        200,
        {_SERVICE: k.add("services", **b[_SERVICE])},
    ),
    "DELETE /v2.0/OS-KSADM/services/([^/]+)": lambda k, _m, _b, i: (204, k.delete_service(i)),
    "GET /v2.0/endpoints": lambda k, _m, _b: (200, {"endpoints": _all(k.endpoints)}),
    "POST /v2.0/endpoints": lambda k, _m, b: (200, {"endpoint": k.create_endpoint(b["endpoint"])}),
    "DELETE /v2.0/endpoints/([^/]+)": lambda k, _m, _b, i: (204, k.delete_endpoint(i)),
}
"""What the admin port serves besides."""


def _handler(keystone: SmallKeystone, *, admin: bool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one segment, which is not waited for

        def _answer(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            keystone.seen.append(f"{self.command} {'admin ' if admin else ''}{path}")
            try:
                status, found = keystone.answer(
                    self.command,
                    path,
                    json.loads(text or b"null"),
                    self.headers.get("X-Auth-Token", ""),
                    admin=admin,
                )
            except RefusedError as error:
                status = error.status
                found = {"error": {"code": status, "title": "", "message": f"It is {status}."}}
            body = b"" if found is None else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    return Handler


@contextlib.contextmanager
def small_keystone() -> Iterator[SmallKeystone]:
    """Have a small Keystone with its two ports."""
    keystone = SmallKeystone()
    with contextlib.ExitStack() as stack:
        for admin in (False, True):
            server = stack.enter_context(
                ThreadingHTTPServer(("127.0.0.1", 0), _handler(keystone, admin=admin))
            )
            url = f"http://127.0.0.1:{server.server_port}"
            if admin:
                keystone.admin_url = url
            else:
                keystone.url = url
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
        keystone.fill()
        yield keystone
