"""Where the filters of S3 stand in a proxy's pipeline, as a rule on its filters' names.

From Swift 2.18 on (``swift.common.middleware.s3api.s3api.S3ApiMiddleware.check_pipeline``,
read in 2.30.1 and 2.38.3): Swift finds s3api, s3token, keystoneauth, tempauth, slo and
proxy-server by these very names and dies at start when s3token is missing between s3api
and keystoneauth. That authtoken has to come first it does not check: a pipeline in the
order of swift3's days starts, and refuses every signed request.

swift3, before that, is a package with releases of its own (``check_pipeline`` of
``swift3/middleware.py``, and ``README.md``): 1.7 checks nothing; 1.8 to 1.11 die at start
unless swift3, s3token, authtoken and keystoneauth follow each other under these names;
1.12 wants authtoken first, as s3api does, whose predecessor it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

S3API = "s3api"
S3TOKEN = "s3token"
SWIFT3 = "swift3"
PROXY_SERVER = "proxy-server"


class Role(Enum):
    """What a filter (or the app at the end) does; values are the usual names."""

    S3API = S3API
    S3TOKEN = S3TOKEN
    SWIFT3 = SWIFT3
    AUTHTOKEN = "authtoken"
    KEYSTONEAUTH = "keystoneauth"
    TEMPAUTH = "tempauth"
    SLO = "slo"
    PROXY = PROXY_SERVER


class Auth(Enum):
    """Who a proxy asks whether a user may come in."""

    KEYSTONE = "keystone"
    TEMPAUTH = "tempauth"


@dataclass(frozen=True, slots=True)
class Order:
    """Where the filters of one generation stand.

    ``s3`` and s3token stand behind authtoken and before keystoneauth, or with
    ``before_authtoken`` before both. ``by_name`` are the filters that it finds by their
    usual names only. ``name`` is what roles call it.
    """

    name: str
    s3: Role
    by_name: frozenset[Role]
    before_authtoken: bool = False


OF_S3API = Order(S3API, Role.S3API, frozenset({Role.S3API, Role.S3TOKEN, Role.KEYSTONEAUTH}))
OF_SWIFT3_1_12 = Order(
    "swift3-1.12", Role.SWIFT3, frozenset({Role.SWIFT3, Role.S3TOKEN, Role.KEYSTONEAUTH})
)
OF_SWIFT3_1_8 = Order(
    "swift3-1.8",
    Role.SWIFT3,
    frozenset({Role.SWIFT3, Role.S3TOKEN, Role.AUTHTOKEN, Role.KEYSTONEAUTH}),
    before_authtoken=True,
)
OF_SWIFT3_1_7 = Order("swift3-1.7", Role.SWIFT3, frozenset(), before_authtoken=True)
ORDERS: Mapping[str, Order] = {
    order.name: order for order in (OF_S3API, OF_SWIFT3_1_12, OF_SWIFT3_1_8, OF_SWIFT3_1_7)
}


@dataclass(frozen=True, slots=True)
class Placement:
    """The pipeline as it must be; ``notes`` are sentences on what an operator should know.

    ``renamed`` are filters that have to bear another name, old and new. ``movable`` are
    those that may have come, gone or moved.
    """

    filters: tuple[str, ...]
    auth: Auth
    notes: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    movable: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class PipelineProblem:
    """Why a pipeline is left alone, as sentences, and the filter to look at, if one is."""

    reason: str
    filter: str | None = None


_OF_S3 = (Role.SWIFT3, Role.S3API, Role.S3TOKEN)


def place(
    filters: Sequence[str], roles: Mapping[str, Role], order: Order = OF_S3API
) -> Placement | PipelineProblem:
    """Return the pipeline with the S3 filter, and s3token where Keystone is asked, in place.

    The S3 filter of another generation goes. All other filters keep their order; those of
    S3 move only if they have to. A filter that ``roles`` does not know is taken for what
    its name says.
    """
    known = known_filters(filters, roles)
    problem = _not_understood(filters, known, order)
    if problem:
        return problem
    renamed = tuple(
        (name, role.value)
        for name, role in known.items()
        if role in order.by_name and name != role.value
    )
    now_called = dict(renamed)
    filters = [now_called.get(name, name) for name in filters]
    known = {now_called.get(name, name): role for name, role in known.items()}
    problem = _not_authenticating(filters, known)
    if problem:
        return problem
    movable = tuple(dict.fromkeys((*(n for n, r in known.items() if r in _OF_S3), *_usual(order))))
    names = {role: name for name, role in known.items()}
    foreign = names.get(Role.S3API if order.s3 is Role.SWIFT3 else Role.SWIFT3)
    kept = [name for name in filters if name != foreign]
    placed = _before_tempauth if Role.TEMPAUTH in names else _beside_authtoken
    return replace(placed(kept, names, order), renamed=renamed, movable=movable)


def known_filters(filters: Sequence[str], roles: Mapping[str, Role]) -> dict[str, Role]:
    """Return what the filters of a pipeline do, by their names, as far as it is known."""
    known = {name: roles[name] for name in filters if name in roles}
    return known | {
        role.value: role for role in Role if role.value in filters and role.value not in known
    }


def _usual(order: Order) -> tuple[str, str]:
    return order.s3.value, S3TOKEN


def _not_understood(
    filters: Sequence[str], known: Mapping[str, Role], order: Order
) -> PipelineProblem | None:
    if not filters:
        return PipelineProblem("the pipeline is empty.")
    last = filters[-1]
    if last != PROXY_SERVER:
        if known.get(last) is Role.PROXY:
            return PipelineProblem(
                f"the proxy's app is called {last}, but {order.s3.value} finds it by the name "
                f"{PROXY_SERVER} only. Rename it, in the pipeline and in its section.",
                last,
            )
        return PipelineProblem(
            f"the pipeline does not end in {PROXY_SERVER}, so it is not understood.", last
        )
    return _repeated(filters, known)


def _repeated(filters: Sequence[str], known: Mapping[str, Role]) -> PipelineProblem | None:
    counts = Counter(known[name] for name in filters if name in known)
    for name, role in known.items():
        if counts[role] > 1:
            return PipelineProblem(
                f"the pipeline has {role.value} {counts[role]} times. Keep one of them.", name
            )
    return None


def _not_authenticating(
    filters: Sequence[str], known: Mapping[str, Role]
) -> PipelineProblem | None:
    names = {role: name for name, role in known.items()}
    authtoken, keystoneauth = names.get(Role.AUTHTOKEN), names.get(Role.KEYSTONEAUTH)
    tempauth = names.get(Role.TEMPAUTH)
    if tempauth and keystoneauth:
        return PipelineProblem(
            f"the pipeline has both {tempauth} and {keystoneauth}, so it cannot be told who "
            "decides on S3 requests. Keep the one this cloud uses.",
            tempauth,
        )
    if authtoken and not keystoneauth:
        return PipelineProblem(
            f"the pipeline has {authtoken} but no keystoneauth behind it, and Swift's own check "
            "looks for that name.",
            authtoken,
        )
    if keystoneauth and not authtoken:
        return PipelineProblem(
            f"the pipeline has {keystoneauth} but no authtoken before it, which would ask "
            "Keystone.",
            keystoneauth,
        )
    if not keystoneauth and not tempauth:
        return PipelineProblem(
            "the pipeline has neither authtoken and keystoneauth nor tempauth, so nothing that "
            "is known here would check the S3 requests' signatures."
        )
    if authtoken and keystoneauth and filters.index(authtoken) > filters.index(keystoneauth):
        return PipelineProblem(
            f"{keystoneauth} stands before {authtoken} and can know no user. Swap them.",
            keystoneauth,
        )
    return None


def _beside_authtoken(filters: Sequence[str], names: Mapping[Role, str], order: Order) -> Placement:
    result = list(filters)
    authtoken, keystoneauth = names[Role.AUTHTOKEN], names[Role.KEYSTONEAUTH]
    slo = names.get(Role.SLO)
    above = None if order.before_authtoken else authtoken
    behind = [authtoken if order.before_authtoken else keystoneauth]
    if slo and (above is None or filters.index(slo) > filters.index(above)):
        behind.append(slo)
    s3, s3token = (
        names.get(role, usual)
        for role, usual in zip((order.s3, Role.S3TOKEN), _usual(order), strict=True)
    )
    for name in (s3, s3token):
        if not _stands(result, name, above, behind):
            if name in result:
                result.remove(name)
            first = min(result.index(other) for other in behind)
            result.insert(first if above is None else result.index(above) + 1, name)
        above = name
    return Placement(tuple(result), Auth.KEYSTONE, _slo_notes(result, s3, slo, order))


def _stands(filters: Sequence[str], name: str, above: str | None, behind: Sequence[str]) -> bool:
    if name not in filters:
        return False
    least = -1 if above is None else filters.index(above)
    return least < filters.index(name) < min(filters.index(other) for other in behind)


def _before_tempauth(filters: Sequence[str], names: Mapping[Role, str], order: Order) -> Placement:
    result = list(filters)
    tempauth, s3 = names[Role.TEMPAUTH], names.get(order.s3, order.s3.value)
    s3token = names.get(Role.S3TOKEN)
    notes: list[str] = []
    if s3token is not None:
        result.remove(s3token)
        notes.append(f"{s3token} is taken out: with {tempauth} there is no Keystone to ask.")
    if s3 not in result or result.index(s3) > result.index(tempauth):
        if s3 in result:
            result.remove(s3)
        result.insert(result.index(tempauth), s3)
    notes += _slo_notes(result, s3, names.get(Role.SLO), order)
    return Placement(tuple(result), Auth.TEMPAUTH, tuple(notes))


def _slo_notes(filters: Sequence[str], s3: str, slo: str | None, order: Order) -> tuple[str, ...]:
    """Say what keeps multipart uploads from working; swift3 1.7 has none of them."""
    if order is OF_SWIFT3_1_7 or (slo == Role.SLO.value and filters.index(slo) > filters.index(s3)):
        return ()
    if slo is None:
        what = "slo is not in the pipeline"
    elif slo != Role.SLO.value:
        what = f"slo is called {slo} in the pipeline, and {s3} finds it by the name slo only"
    else:
        what = f"slo stands before {s3} in the pipeline"
    return (f"{what}: multipart uploads will be refused until slo stands behind {s3}.",)
