"""Whether a gateway answers requests signed with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify.answer import document
from setup_tool.verify.s3.answer import described, read_error
from setup_tool.verify.s3.gateway import BUCKET_LIST, NoGatewayError
from setup_tool.verify.s3.hints import Circumstances, hint_for
from setup_tool.verify.s3.session import S3Session

if TYPE_CHECKING:
    from setup_tool.core.credential import KeyPair
    from setup_tool.ports import Signer, Web

_OK = 200


def check_key(web: Web, signer: Signer, url: str, pair: KeyPair, region: str) -> None:
    """Have the buckets of a key's owner listed, which writes nothing.

    Raises `NoGatewayError` with what was answered instead, `UnreachableError` when nothing
    answers.
    """
    session = S3Session(web, signer, url, pair, region=region)
    answer = session.send("GET")
    listing = document(answer.body)
    if answer.status == _OK and listing is not None and listing.tag == BUCKET_LIST:
        return
    raise NoGatewayError(
        f"{url} answered a request signed with access key {pair.access} with {described(answer)}.",
        hint_for(read_error(answer), Circumstances(session.host)),
    )
