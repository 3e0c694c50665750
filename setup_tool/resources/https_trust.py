"""A node whose own store of authorities vouches for a service it calls over TLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.plan import Change, Note, Stage
from setup_tool.core.queries import FetchHttp

if TYPE_CHECKING:
    from setup_tool.core.facts import HttpFact
    from setup_tool.resources.resource import Answers


@dataclass(frozen=True, slots=True)
class HttpsTrust:
    """Keystone as a proxy's s3token reaches it; only spoken of, never changed.

    The login that s3token makes of its own since OSSA-2025-002 reads neither ``certfile``
    nor ``insecure`` (``keystone_session.Session(auth=auth)`` in
    swift/common/middleware/s3api/s3token.py), so a private authority has to be in the
    node's store, or in the file that REQUESTS_CA_BUNDLE names to the service.
    """

    target: str
    stage: Stage
    url: str

    def queries(self) -> tuple[FetchHttp, ...]:
        """Ask the URL with its certificate verified; nothing where there is no TLS."""
        return (self._query(),) if self.url.startswith("https:") else ()

    def diff(self, facts: Answers) -> Change | None:
        """Nothing is changed: whom a node trusts is for its operators to say."""
        del facts
        return None

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Say why the node would not call the URL."""
        if not self.queries():
            return ()
        fact: HttpFact = facts[self._query()]
        if fact.status is not None:
            return ()
        return (
            Note(
                self.target,
                f"{self.url} could not be asked from here with its certificate verified: "
                f"{(fact.problem or 'no answer').rstrip('.')}. s3token's own login trusts only "
                "the system's authorities, whatever authtoken's cafile says: put a private one "
                "into /usr/local/share/ca-certificates (Debian) or "
                "/etc/pki/ca-trust/source/anchors (Red Hat), or name its file to the service in "
                "REQUESTS_CA_BUNDLE.",
            ),
        )

    def _query(self) -> FetchHttp:
        return FetchHttp(self.url, verify=True)
