"""Sending EC2 requests as somebody to one endpoint: EC2's query protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from setup_tool.core.http import Request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from setup_tool.core.credential import KeyPair
    from setup_tool.core.http import Response
    from setup_tool.ports import Signer, Web

Parameters = tuple[tuple[str, str], ...]

API_VERSION = "2014-10-01"
"""What boto 2.49 says; nova and ec2-api repeat whatever they are told."""

_FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Ec2Session:
    """An endpoint's URL, with its path as it is, a key, and how it signs.

    ``version`` is ``v2`` or ``v4``, ``method`` ``POST`` (the AWS SDKs) or ``GET`` (older
    boto and euca2ools, with SigV2); ``timeout`` is in seconds and holds for one request.
    """

    web: Web
    signer: Signer
    url: str
    pair: KeyPair
    region: str
    version: str = "v4"
    method: str = "POST"
    timeout: float = 60.0

    def send(self, action: str, *parameters: tuple[str, str]) -> Response:
        """Send one signed request; raises `UnreachableError` when there is no answer."""
        request = self.signer.sign(
            self._request(action, parameters),
            self.pair,
            region=self.region,
            version=self.version,
            service="ec2",
        )
        return self.web.send(request, timeout=self.timeout)

    def send_unsigned(self, action: str) -> Response:
        """Send one request without any signature."""
        return self.web.send(self._request(action, ()), timeout=self.timeout)

    def _request(self, action: str, parameters: Parameters) -> Request:
        form = (("Action", action), ("Version", API_VERSION), *parameters)
        if self.method == "GET":
            query = urlencode(form, quote_via=quote, safe="-_.~")
            return Request("GET", f"{self.url}?{query}")
        return Request("POST", self.url, (_FORM,), urlencode(form).encode())


def numbered(name: str, values: Iterable[str]) -> Parameters:
    """Return a list as EC2's parameters have it: ``NAME.1``, ``NAME.2``, ..."""
    return tuple((f"{name}.{number}", value) for number, value in enumerate(values, 1))
