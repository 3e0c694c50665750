"""S3 and EC2 signatures, made by botocore.

The functions of `botocore.auth` that read the time are replaced by their parts, so
that the time comes from the `Clock`; everything that decides what is signed stays
botocore's. botocore is imported when the first request is signed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from setup_tool.adapters.web import split_url
from setup_tool.core.secret import Secret

if TYPE_CHECKING:
    from datetime import datetime

    from setup_tool.core.credential import KeyPair
    from setup_tool.core.http import Request
    from setup_tool.ports import Clock

_ISO_BASIC = "%Y%m%dT%H%M%SZ"
_ISO = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True, repr=False)
class _Credentials:
    """What botocore's signers read of a credential."""

    access_key: str
    secret_key: str
    token: None = None


class BotocoreSigner:
    """`setup_tool.ports.Signer` for SigV2 and SigV4.

    Signs exactly the path and query of the URL it is given: whoever sends the request
    must not rewrite them. A URL's query has to be in canonical encoding already
    (``%20``, never ``+``).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def sign(
        self, request: Request, pair: KeyPair, *, region: str, version: str, service: str = "s3"
    ) -> Request:
        """Return the request with an ``Authorization`` header.

        Only SigV2 for EC2 differs: there the signature joins the parameters of the
        form in the body, or of the query where there is no body. Raises
        `DeclarationError` for what is no URL.
        """
        if version == "v2" and service != "s3":
            return self._sign_parameters(request, pair)
        auth = _auth()
        signed = _aws_request(request)
        if version == "v2":
            _sign_v2(auth.HmacV1Auth(_credentials(pair)), signed, self._date())
        else:
            kind = auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth
            _sign_v4(kind(_credentials(pair), service, region), signed, self._clock.now())
        return replace(request, headers=_headers(signed, request))

    def presign(
        self, request: Request, pair: KeyPair, *, region: str, version: str, expires: int
    ) -> Request:
        """Return an S3 request whose URL is a secret: whoever has it can use it."""
        auth = _auth()
        signed = _aws_request(request)
        if version == "v2":
            signer = auth.HmacV1QueryAuth(_credentials(pair), expires=expires)
            until = int(self._clock.now().timestamp()) + expires
            _sign_v2(signer, signed, str(until))
        else:
            signer = auth.S3SigV4QueryAuth(_credentials(pair), "s3", region, expires=expires)
            _sign_v4(signer, signed, self._clock.now())
        return replace(request, url=Secret(signed.url))

    def _sign_parameters(self, request: Request, pair: KeyPair) -> Request:
        """Sign as EC2's clients did with SigV2: the parameters, by HmacSHA256."""
        url = _plain(request.url)
        base, _, query = url.partition("?")
        parameters = dict(
            parse_qsl(request.body.decode() if request.body else query, keep_blank_values=True)
        )
        parameters |= {
            "AWSAccessKeyId": pair.access,
            "SignatureVersion": "2",
            "SignatureMethod": "HmacSHA256",
            "Timestamp": self._clock.now().strftime(_ISO),
        }
        signer = _auth().SigV2Auth(_credentials(pair))
        _, parameters["Signature"] = signer.calc_signature(_aws_request(request), parameters)
        if request.body:
            return replace(request, body=urlencode(parameters).encode())
        return replace(request, url=Secret(f"{base}?{urlencode(parameters)}"))

    def _date(self) -> str:
        return format_datetime(self._clock.now(), usegmt=True)


def _auth() -> Any:
    """Import botocore's signers; they log signatures at DEBUG, so that is shut off."""
    import botocore.auth

    logging.getLogger("botocore").setLevel(logging.INFO)
    return botocore.auth


def _credentials(pair: KeyPair) -> _Credentials:
    return _Credentials(pair.access, pair.secret.reveal())


def _plain(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value


def _aws_request(request: Request) -> Any:
    from botocore.awsrequest import AWSRequest

    split_url(request.url)
    made = AWSRequest(method=request.method, url=_plain(request.url), data=request.body)
    for name, value in request.headers:
        made.headers[name] = _plain(value)
    return made


def _headers(signed: Any, request: Request) -> tuple[tuple[str, str | Secret], ...]:
    """Return the signed request's headers; what was secret stays so, the signature is."""
    secret = {name.lower() for name, value in request.headers if isinstance(value, Secret)}
    secret.add("authorization")
    return tuple(
        (name, Secret(value) if name.lower() in secret else value)
        for name, value in signed.headers.items()
    )


def _sign_v4(auth: Any, request: Any, now: datetime) -> None:
    """Do what ``SigV4Auth.add_auth`` does, at a given time."""
    request.context["timestamp"] = now.strftime(_ISO_BASIC)
    auth._modify_request_before_signing(request)  # noqa: SLF001
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))  # noqa: SLF001


def _sign_v2(auth: Any, request: Any, date: str) -> None:
    """Do what ``HmacV1Auth.add_auth`` does, with a given date (or time of expiry)."""
    auth._get_date = lambda: date  # noqa: SLF001
    auth.add_auth(request)
