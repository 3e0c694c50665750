"""A keystoneauth session that logs no body and passes only whole JSON on.

Imported late: keystoneauth and requests take 0.2 s.
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from keystoneauth1.exceptions import ConnectFailure
from keystoneauth1.session import Session
from urllib3.exceptions import ProtocolError

from setup_tool.core.errors import SetupToolError, UnreachableError

if TYPE_CHECKING:
    from requests import Response

_REPEATABLE = {"GET", "HEAD", "PUT"}
_TALKATIVE = ("keystoneauth", "keystoneclient", "urllib3", "requests")


class QuietSession(Session):
    """keystoneauth's session without its debug log, which would show tokens and secrets.

    HAProxy hangs up without an answer when its own connection to Keystone, kept from an
    earlier request, turns out to be dead; never at the first request of a connection (its
    manual on ``http-reuse safe``, the default). So what may be sent twice is sent again, and
    what may not is sent over a connection of its own. Where ``all_repeatable`` is set
    every request may be sent twice: whoever sets it sees to that.
    """

    all_repeatable = False

    # Whatever is not named here is passed on.
    def request(self, url: str, method: str, **kwargs: Any) -> Response:  # type: ignore[override]
        """Send a request; ``log`` is always False."""
        quiet = {**kwargs, "log": False}
        if method.upper() not in _REPEATABLE and not self.all_repeatable:
            self.session.close()
            return super().request(url, method, **quiet)
        try:
            return super().request(url, method, **quiet)
        except ConnectFailure as failure:
            if not _hung_up(failure):
                raise
        return super().request(url, method, **quiet)


def _hung_up(failure: ConnectFailure) -> bool:
    """Tell whether a connection was made, and broke before there was an answer."""
    problem = failure.__context__
    return problem is not None and any(isinstance(arg, ProtocolError) for arg in problem.args)


def new_session(
    plugin: Any, *, verify: bool | str, certificate: Any, timeout: float
) -> QuietSession:
    """Return a session that logs in with a plugin; ``timeout`` in seconds for one answer."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))
    if verify is False:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    session = QuietSession(
        auth=plugin, verify=verify, cert=certificate, timeout=timeout, user_agent="setup-tool"
    )
    session.session.hooks["response"].append(_only_whole_json)
    return session


def read_environment_once(session: QuietSession, url: str) -> None:
    """Take proxies and certificates from the environment now, for all requests to a host.

    requests looks for them, and for a ``.netrc``, at each one, which is a third of its work.
    """
    plain = session.session
    found = plain.merge_environment_settings(url, {}, None, session.verify, None)
    plain.proxies, session.verify = found["proxies"], found["verify"]
    plain.trust_env = False


def _only_whole_json(response: Response, *args: Any, **kwargs: Any) -> None:
    """Refuse an answer that is not Keystone's, and a listing that was cut short.

    One that is read piece by piece is its reader's to judge.
    """
    del args
    if kwargs.get("stream"):
        return
    if not HTTPStatus(200) <= response.status_code < HTTPStatus(300) or not response.content:
        return
    where = without_userinfo(response.url.partition("?")[0])
    try:
        document = json.loads(response.content)
    except ValueError:
        kind = response.headers.get("Content-Type", "no content type").partition(";")[0]
        raise UnreachableError(
            f"What answers at {where} is not Keystone: it says {response.status_code} with "
            f"{kind} where JSON is due. Check auth_url and what lies between."
        ) from None
    if not isinstance(document, dict):
        return
    links = document.get("links")
    if document.get("truncated") or (isinstance(links, dict) and links.get("next")):
        raise SetupToolError(
            f"Keystone cut the listing {where} short, so what is missing cannot be told from what "
            "does not exist. Raise list_limit in keystone.conf."
        )


def without_userinfo(url: str) -> str:
    """Return a URL without the ``user:password@`` that may stand before its host."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
