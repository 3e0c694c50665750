"""Where s3api and s3token stand in a proxy's pipeline, as a rule on its filters' names.

From Swift 2.18 on (``swift.common.middleware.s3api.s3api.S3ApiMiddleware.check_pipeline``,
read in 2.30.1 and 2.38.3): Swift finds s3api, s3token, keystoneauth, tempauth, slo and
proxy-server by these very names and dies at start when s3token is missing between s3api
and keystoneauth. That authtoken has to come first it does not check: a pipeline in the
order of swift3's days starts, and refuses every signed request.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

S3API = "s3api"
S3TOKEN = "s3token"
PROXY_SERVER = "proxy-server"


class Role(Enum):
    """What a filter (or the app at the end) does; values are the usual names."""

    S3API = S3API
    S3TOKEN = S3TOKEN
    SWIFT3 = "swift3"
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
class Placement:
    """The pipeline as it must be; ``notes`` are sentences on what an operator should know."""

    filters: tuple[str, ...]
    auth: Auth
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineProblem:
    """Why a pipeline is left alone, as sentences, and the filter to look at, if one is."""

    reason: str
    filter: str | None = None


_FOUND_BY_NAME = (Role.S3API, Role.S3TOKEN, Role.KEYSTONEAUTH)


def place(filters: Sequence[str], roles: Mapping[str, Role]) -> Placement | PipelineProblem:
    """Return the pipeline with s3api, and s3token where Keystone is asked, at their place.

    All other filters keep their order; s3api and s3token move only if they have to. A
    filter that ``roles`` does not know is taken for what its name says.
    """
    known = {name: roles[name] for name in filters if name in roles}
    known |= {
        role.value: role for role in Role if role.value in filters and role.value not in known
    }
    problem = _not_understood(filters, known) or _not_authenticating(filters, known)
    if problem:
        return problem
    names = {role: name for name, role in known.items()}
    if Role.TEMPAUTH in names:
        return _before_tempauth(filters, names)
    return _behind_authtoken(filters, names)


def _not_understood(filters: Sequence[str], known: Mapping[str, Role]) -> PipelineProblem | None:
    if not filters:
        return PipelineProblem("the pipeline is empty.")
    last = filters[-1]
    if last != PROXY_SERVER:
        if known.get(last) is Role.PROXY:
            return PipelineProblem(
                f"the proxy's app is called {last}, but s3api finds it by the name "
                f"{PROXY_SERVER} only. Rename it, in the pipeline and in its section.",
                last,
            )
        return PipelineProblem(
            f"the pipeline does not end in {PROXY_SERVER}, so it is not understood.", last
        )
    for name, role in known.items():
        if role is Role.SWIFT3:
            return PipelineProblem(
                f"the filter {name} is swift3, the predecessor of s3api, and a proxy cannot have "
                "both. Take it out first.",
                name,
            )
        if role in _FOUND_BY_NAME and name != role.value:
            return PipelineProblem(
                f"the filter {name} is {role.value} under another name, and Swift's own check "
                f"wants the name {role.value}. Rename it, in the pipeline and in its section.",
                name,
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


def _behind_authtoken(filters: Sequence[str], names: Mapping[Role, str]) -> Placement:
    result = list(filters)
    authtoken, keystoneauth = names[Role.AUTHTOKEN], names[Role.KEYSTONEAUTH]
    slo = names.get(Role.SLO)
    behind = [keystoneauth]
    if slo and filters.index(slo) > filters.index(authtoken):
        behind.append(slo)
    for name, above in ((S3API, authtoken), (S3TOKEN, S3API)):
        if not _stands(result, name, above, behind):
            if name in result:
                result.remove(name)
            result.insert(result.index(above) + 1, name)
    return Placement(tuple(result), Auth.KEYSTONE, _slo_notes(result, slo))


def _stands(filters: Sequence[str], name: str, above: str, behind: Sequence[str]) -> bool:
    if name not in filters:
        return False
    at = filters.index(name)
    return filters.index(above) < at < min(filters.index(other) for other in behind)


def _before_tempauth(filters: Sequence[str], names: Mapping[Role, str]) -> Placement:
    result = list(filters)
    tempauth = names[Role.TEMPAUTH]
    notes: list[str] = []
    if S3TOKEN in result:
        result.remove(S3TOKEN)
        notes.append(f"{S3TOKEN} is taken out: with {tempauth} there is no Keystone to ask.")
    if S3API not in result or result.index(S3API) > result.index(tempauth):
        if S3API in result:
            result.remove(S3API)
        result.insert(result.index(tempauth), S3API)
    return Placement(
        tuple(result), Auth.TEMPAUTH, (*notes, *_slo_notes(result, names.get(Role.SLO)))
    )


def _slo_notes(filters: Sequence[str], slo: str | None) -> tuple[str, ...]:
    if slo == Role.SLO.value and filters.index(slo) > filters.index(S3API):
        return ()
    if slo is None:
        what = "slo is not in the pipeline"
    elif slo != Role.SLO.value:
        what = f"slo is called {slo} in the pipeline, and s3api finds it by the name slo only"
    else:
        what = f"slo stands before {S3API} in the pipeline"
    return (f"{what}: multipart uploads will be refused until slo stands behind {S3API}.",)
