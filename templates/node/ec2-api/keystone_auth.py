"""The authentication filter of ec2-api, for a Keystone that wants to know who asks.

Takes the place of `ec2api.api:EC2KeystoneAuth` of ec2-api 17.0.0, which posts each request's
signature to Keystone's ec2tokens without a token. Since OSSA-2025-002 (CVE-2025-65073) Keystone
answers that with 401 to everybody. This filter sends a token of the login in
[keystone_authtoken], which needs role `service` or `admin` on its project. A Keystone without
that fix takes the same call, and is asked without a token while the login does not work.

In api-paste.ini::

    [filter:ec2apikeystoneauth]
    paste.filter_factory = setup_tool_keystone_auth:filter_factory
    # seconds until a login that Keystone refused is tried again; this is the default
    login_retry = 60

What it reads in ec2-api's configuration: `keystone_ec2_tokens_url`, `ec2_timestamp_expiry`,
`use_forwarded_for`, and all of [keystone_authtoken] with its `cafile`, `insecure`, `timeout`.

A client gets, in EC2's XML:

====== ============================ =========================================================
status code                         when
====== ============================ =========================================================
400    AuthFailure                  there is no signature, or no access key
400    IncompleteSignature,         what there is cannot be a signature, or says not when it
       InvalidParameterValue,       was made
       InvalidParameterCombination,
       MissingParameter
400    RequestExpired               it was made too long ago, or will be made in the future
401    AuthFailure                  Keystone does not know the key, the signature is not the
                                    key's, or its user or project may not log in
500    InternalError                Keystone refuses the login of ec2-api its role, or answers
                                    what is no answer to this: the operator has to do something
503    ServiceUnavailable           Keystone does not answer, or ec2-api cannot log in there
====== ============================ =========================================================

What is wrong on the server's side is logged once, and once more when it is over. Secrets,
signatures and tokens are not logged.

Runs on Python 3.6 and later, with what ec2-api itself needs.
"""

import contextlib
import datetime as dt
import hashlib
import logging
import threading
import time
from typing import Any, Callable, Dict, Iterable, NamedTuple, Optional

import webob
from ec2api import clients, context
from ec2api.api import faults
from keystoneauth1 import access, exceptions, session
from keystoneauth1 import loading as ks_loading
from keystoneauth1.identity.access import AccessInfoPlugin
from oslo_config import cfg
from oslo_context import context as common_context

LOG = logging.getLogger(__name__)
CONF = cfg.CONF

V4 = "AWS4-HMAC-SHA256"
V4_DATE = "%Y%m%dT%H%M%SZ"
V4_SCOPE_PARTS = 5  # KEY/DATE/REGION/SERVICE/aws4_request
V2_DATES = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ")
V2_VERSIONS = ("0", "1", "2")

TIMEOUT_SECONDS = 10
"""For each answer of Keystone, where [keystone_authtoken] has no `timeout`."""

LOGIN_RETRY_SECONDS = 60
"""Each refused login counts towards Keystone's lockout_failure_attempts."""

OK, BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 200, 400, 401, 403, 404
TOO_MANY, SERVER_ERROR = 429, 500

Environ = Dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


def filter_factory(
    global_conf: Dict[str, str], **local_conf: str
) -> Callable[[Application], Application]:
    """Return what puts the filter before an application, as Paste Deploy wants it."""
    del global_conf
    retry = float(local_conf.get("login_retry", LOGIN_RETRY_SECONDS))

    def put_before(application: Application) -> Application:
        return KeystoneAuth(application, Keystone(Login(retry)))

    return put_before


class Refused(Exception):  # noqa: N818  -- a client is refused; nothing went wrong
    """A request is not let in; the client is answered this."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class KeystoneAuth:
    """The filter: lets requests in that Keystone knows the signature of."""

    def __init__(self, application: Application, keystone: "Keystone") -> None:
        self._application = application
        self._keystone = keystone

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer the request, or pass it on with ec2-api's context of its user."""
        request = webob.Request(environ)
        request_id = common_context.generate_request_id()
        try:
            signed = read_signature(request)
            refuse_stale(signed, CONF.ec2_timestamp_expiry)
            token = self._keystone.authenticate(signed.credentials)
        except Refused as refusal:
            answer: Application = faults.ec2_error_response(
                request_id, refusal.code, refusal.message, status=refusal.status
            )
            return answer(environ, start_response)
        environ["ec2api.context"] = request_context(request, request_id, token)
        forget_signature(request)
        return self._application(environ, start_response)


class Signed(NamedTuple):
    """What of a request its signature is about."""

    credentials: Dict[str, Any]
    """As Keystone's ec2tokens takes it."""
    made: Optional[dt.datetime]
    """When it was signed; None where it says when it ends instead."""
    ends: Optional[dt.datetime]
    """When it ends to be good, where it says so."""


def read_signature(request: Any) -> Signed:
    """Read an AWS signature of version 4 (header or query) or 0 to 2 (parameters).

    Raises:
        Refused: there is none, or it cannot be one.
    """
    # the body's digest comes first: reading parameters can change the body
    body_hash = hashlib.sha256(request.body).hexdigest()
    authorization = request.headers.get("Authorization", "")
    if authorization.startswith(V4):
        fields = {
            name: authorization.partition(name + "=")[2].split(",")[0].strip()
            for name in ("Credential", "SignedHeaders", "Signature")
        }
        signed = _read_v4(request, fields)
    elif "X-Amz-Signature" in request.GET:
        names = ("Credential", "SignedHeaders", "Signature")
        signed = _read_v4(request, {name: request.GET.get("X-Amz-" + name, "") for name in names})
    else:
        signed = _read_v2(request)
    signed.credentials.update(
        host=request.host,
        verb=request.method,
        path=request.path,
        headers=dict(request.headers),
        body_hash=body_hash,
    )
    return signed


def _read_v4(request: Any, fields: Dict[str, str]) -> Signed:
    scope = fields["Credential"].split("/")
    _refuse_missing(fields["Signature"], scope[0])
    text = request.headers.get("X-Amz-Date") or request.GET.get("X-Amz-Date", "")
    if len(scope) != V4_SCOPE_PARTS or not fields["SignedHeaders"] or text[:8] != scope[1]:
        # Keystone fails on each of them with 500
        raise Refused(
            400,
            "IncompleteSignature",
            "A signature of version 4 has a Credential of five parts, SignedHeaders, "
            "a Signature, and an X-Amz-Date of the Credential's day.",
        )
    if request.method == "POST" and request.GET:
        # Keystone leaves the query of a POST out of what it checks, so anybody could add to it
        raise Refused(
            400,
            "IncompleteSignature",
            "The parameters of a POST that is signed with version 4 belong in its body.",
        )
    params = {name: value for name, value in request.GET.items() if name != "X-Amz-Signature"}
    made = _moment(text, V4_DATE)
    ends = None
    if "X-Amz-Expires" in params:
        try:
            ends = made + dt.timedelta(seconds=int(params["X-Amz-Expires"]))
        except (ValueError, OverflowError):
            raise Refused(
                400, "InvalidParameterValue", "X-Amz-Expires is a number of seconds."
            ) from None
    return Signed(
        {"access": scope[0], "signature": fields["Signature"], "params": params}, made, ends
    )


def _read_v2(request: Any) -> Signed:
    params = dict(request.params)
    signature = params.pop("Signature", "")
    _refuse_missing(signature, params.get("AWSAccessKeyId", ""))
    if params.get("SignatureVersion") not in V2_VERSIONS:
        # Keystone fails on it with 500
        raise Refused(
            400, "InvalidParameterValue", "SignatureVersion has to be 2, or the version be 4."
        )
    made, ends = params.get("Timestamp"), params.get("Expires")
    if made and ends:
        raise Refused(
            400,
            "InvalidParameterCombination",
            "A request has a Timestamp or Expires, and not both of them.",
        )
    if not made and not ends:
        raise Refused(400, "MissingParameter", "The request has neither Timestamp nor Expires.")
    return Signed(
        {"access": params["AWSAccessKeyId"], "signature": signature, "params": params},
        _moment(made, *V2_DATES) if made else None,
        _moment(ends, *V2_DATES) if ends else None,
    )


def _refuse_missing(signature: str, key: str) -> None:
    """Refuse what has no signature or no key, in the words of ec2-api and nova."""
    if not signature:
        raise Refused(400, "AuthFailure", "Signature not provided")
    if not key:
        raise Refused(400, "AuthFailure", "Access key not provided")


def _moment(text: str, *formats: str) -> dt.datetime:
    for each in formats:
        with contextlib.suppress(ValueError):
            return dt.datetime.strptime(text, each).replace(tzinfo=dt.timezone.utc)
    raise Refused(400, "InvalidParameterValue", "The time of the signature cannot be read.")


def refuse_stale(signed: Signed, tolerance: int) -> None:
    """Refuse a signature of another time.

    Keystone's own limit, `auth_ttl` of its [credential], is 15 minutes by default, and its
    refusal cannot be told from that of a wrong signature.

    Args:
        signed: what was signed when.
        tolerance: seconds that clocks may differ and a request may take; 0: no limit.
    """
    now = dt.datetime.now(dt.timezone.utc)
    tolerated = dt.timedelta(seconds=tolerance)
    if signed.ends is not None:
        stale = signed.ends < now or (tolerance and signed.made and signed.made > now + tolerated)
    else:
        stale = tolerance and signed.made is not None and abs(now - signed.made) > tolerated
    if stale:
        raise Refused(
            400,
            "RequestExpired",
            "The signature is not of now. Is this machine's clock right? Here it is {}.".format(
                now.strftime(V2_DATES[0])
            ),
        )


class Notices:
    """Says in the log what is wrong, once for each thing, and when it is over."""

    def __init__(self) -> None:
        self._known: Dict[str, str] = {}

    def trouble(self, subject: str, kind: str, text: str) -> None:
        """Say that the subject is in trouble of this kind, unless that was the last thing said."""
        if self._known.get(subject) != kind:
            self._known[subject] = kind
            LOG.error("%s", text)

    def well(self, subject: str, text: str) -> None:
        """Say that it is well again, where trouble was the last thing said."""
        if self._known.pop(subject, None) is not None:
            LOG.info("%s", text)


class Login:
    """The login of [keystone_authtoken] and its token, which all requests share.

    The token is renewed by keystoneauth, two minutes before it ends.
    """

    def __init__(self, retry_seconds: float = LOGIN_RETRY_SECONDS) -> None:
        self._retry_seconds = retry_seconds
        self._session: Optional[session.Session] = None
        self._token: Optional[str] = None
        self._lock = threading.Lock()  # eventlet's, where ec2-api has put that in its place
        self._failed = self._rests_until = float("-inf")
        self._notices = Notices()

    @property
    def session(self) -> Any:
        """What requests to Keystone are sent with; it knows the login and whom to trust.

        Made by the first request, in the process that answers it: workers are forked.
        """
        if self._session is None:
            options = CONF[clients.GROUP_AUTHTOKEN]
            self._session = ks_loading.load_session_from_conf_options(
                CONF, clients.GROUP_AUTHTOKEN, timeout=options.timeout or TIMEOUT_SECONDS
            )
        return self._session

    def token(self) -> Optional[str]:
        """Return a token; None if there is none to be had now."""
        arrived = time.monotonic()
        with self._lock:
            if self._failed >= arrived or time.monotonic() < self._rests_until:
                return None  # somebody else has just tried for us all
            try:
                self._token = self._get_token()
            except (exceptions.ClientException, OSError) as problem:
                self._token = None
                self._failed = time.monotonic()
                self._explain(problem)
            else:
                self._notices.well("login", "ec2-api can log in to Keystone again.")
            return self._token

    def renewed(self, refused: str) -> Optional[str]:
        """Return another token than one that Keystone refused, as `token` does."""
        with self._lock:
            if self._token == refused:
                self.session.invalidate()
                self._token = None
        return self.token()

    def _get_token(self) -> str:
        if self.session.auth is None:
            self.session.auth = ks_loading.load_auth_from_conf_options(
                CONF, clients.GROUP_AUTHTOKEN
            )
        token: Optional[str] = self.session.get_token()
        if token is None:
            raise exceptions.MissingAuthPlugin("there is no login there")
        return token

    def _explain(self, problem: Exception) -> None:
        status = getattr(problem, "http_status", 0)
        refused = OK < status < SERVER_ERROR and status != TOO_MANY
        if refused:
            self._rests_until = self._failed + self._retry_seconds
        self._notices.trouble(
            "login",
            type(problem).__name__,
            "ec2-api cannot log in to Keystone with the login in [{}] of its configuration: {}. "
            "A Keystone with the fix of OSSA-2025-002 lets no EC2 request in until it can.".format(
                clients.GROUP_AUTHTOKEN, _one_line(problem)
            ),
        )


class Keystone:
    """Keystone as this filter needs it: whose signature is it?"""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._notices = Notices()

    def authenticate(self, credentials: Dict[str, Any]) -> access.AccessInfo:
        """Return the token that Keystone gives for a signature.

        Raises:
            Refused: with what the client is answered.
        """
        token = self._login.token()
        answer = self._ask(credentials, token)
        if self._is_about(token, answer):
            token = self._login.renewed(str(token))
            answer = self._ask(credentials, token)
            if self._is_about(token, answer):
                self._trouble(
                    "token", "Keystone refuses the token that it has just given to ec2-api."
                )
                raise _unavailable()
        return self._judge(answer, token)

    def _is_about(self, token: Optional[str], answer: Any) -> bool:
        """Tell whether an answer refuses our token, and not the signature."""
        refused = answer.status_code == UNAUTHORIZED and token is not None
        return refused and not self._is_good(str(token))

    def _judge(self, answer: Any, token: Optional[str]) -> access.AccessInfo:
        status = answer.status_code
        if status == OK:
            return self._access(answer)
        if status == UNAUTHORIZED and not token and self._wants_a_token():
            raise _unavailable()
        if status == UNAUTHORIZED or (status == NOT_FOUND and _is_keystones(answer)):
            self._well()
            raise Refused(
                401, "AuthFailure", "The access key is unknown, or the signature is not its own."
            )
        if status == FORBIDDEN:
            self._trouble(
                "role",
                "Keystone does not let the login in [{}] of ec2-api's configuration validate "
                "signatures (403): it needs role service or admin on its project.".format(
                    clients.GROUP_AUTHTOKEN
                ),
            )
            raise _internal_error()
        if status >= SERVER_ERROR or status == TOO_MANY:
            self._trouble(
                str(status), "Keystone answered {} at {}.".format(status, _ec2_tokens_url())
            )
            raise _unavailable()
        raise self._not_understood(answer)

    def _access(self, answer: Any) -> access.AccessInfo:
        try:
            found = access.create(resp=answer)
            if found.auth_token and found.user_id and found.project_id:
                self._well()
                return found
        except (ValueError, KeyError, TypeError):
            pass
        raise self._not_understood(answer)

    def _ask(self, credentials: Dict[str, Any], token: Optional[str]) -> Any:
        return self._send("POST", _ec2_tokens_url(), token, json={"ec2Credentials": credentials})

    def _is_good(self, token: str) -> bool:
        """Tell whether Keystone takes our token."""
        url = _ec2_tokens_url().rsplit("/", 2)[0] + "/v3/auth/tokens"
        status = self._send("GET", url, token, {"X-Subject-Token": token}).status_code
        if status >= SERVER_ERROR or status == TOO_MANY:
            self._trouble(str(status), "Keystone answered {} at {}.".format(status, url))
            raise _unavailable()
        return bool(status not in (UNAUTHORIZED, NOT_FOUND))

    def _wants_a_token(self) -> bool:
        """Tell whether Keystone has the fix of OSSA-2025-002: it asks who asks before what."""
        status = self._send("POST", _ec2_tokens_url(), None, json={}).status_code
        return bool(status != BAD_REQUEST)

    def _send(
        self,
        method: str,
        url: str,
        token: Optional[str],
        headers: Optional[Dict[str, str]] = None,
        **content: Any,
    ) -> Any:
        all_headers = dict(headers or {})
        if token:
            all_headers["X-Auth-Token"] = token
        options = dict(
            content, headers=all_headers, authenticated=False, raise_exc=False, log=False
        )
        try:
            try:
                return self._login.session.request(url, method, **options)
            except exceptions.ConnectFailure:
                # a kept connection that the other side has closed meanwhile looks like this
                return self._login.session.request(url, method, **options)
        except (exceptions.ClientException, OSError) as problem:
            self._trouble(
                type(problem).__name__,
                "Keystone cannot be asked at {}: {}.".format(url, _one_line(problem)),
            )
            raise _unavailable() from None

    def _not_understood(self, answer: Any) -> Refused:
        self._trouble(
            "answer",
            "What answers at {} (keystone_ec2_tokens_url in ec2-api's configuration) is not "
            "Keystone's ec2tokens: status {}.".format(_ec2_tokens_url(), answer.status_code),
        )
        return _internal_error()

    def _trouble(self, kind: str, text: str) -> None:
        self._notices.trouble("keystone", kind, text)

    def _well(self) -> None:
        self._notices.well("keystone", "Keystone validates signatures for ec2-api again.")


def request_context(request: Any, request_id: str, token: access.AccessInfo) -> Any:
    """Return ec2-api's context for requests of the token's user."""
    options: Dict[str, Any] = {"auth": AccessInfoPlugin(token)}
    clients.update_request_params_with_ssl(options)
    remote = request.remote_addr
    if CONF.use_forwarded_for:
        remote = request.headers.get("X-Forwarded-For", remote)
    return context.RequestContext(
        token.user_id,
        token.project_id,
        request_id=request_id,
        user_name=token.username,
        project_name=token.project_name,
        remote_address=remote,
        session=session.Session(**options),
        api_version=request.params.get("Version"),
    )


def forget_signature(request: Any) -> None:
    """Take out of what goes on what only the signature was about.

    ec2-api logs the environment of requests that fail unexpectedly, and takes every parameter
    that it does not know for one of the action's.
    """
    request.environ.pop("HTTP_AUTHORIZATION", None)
    for parameters in (request.GET, request.POST):
        for name in list(parameters):
            if name in ("Signature", "Expires") or name.startswith("X-Amz-"):
                del parameters[name]


def _ec2_tokens_url() -> str:
    return str(CONF.keystone_ec2_tokens_url)


def _is_keystones(answer: Any) -> bool:
    """Tell whether an error is Keystone's own: it answers in JSON, other servers in HTML."""
    try:
        return "error" in answer.json()
    except (ValueError, TypeError):
        return False


def _unavailable() -> Refused:
    return Refused(
        503,
        "ServiceUnavailable",
        "The identity service cannot be asked about the signature at the moment. Try again.",
    )


def _internal_error() -> Refused:
    return Refused(
        500,
        "InternalError",
        "This service is not set up to validate signatures. Its operator finds why in its log.",
    )


def _one_line(problem: Exception) -> str:
    return " ".join(str(problem).split()).rstrip(".")
