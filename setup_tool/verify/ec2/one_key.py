"""Whether an EC2 service answers requests signed with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify.check import UnmetError
from setup_tool.verify.ec2.answer import described, expect
from setup_tool.verify.ec2.session import Ec2Session
from setup_tool.verify.s3.gateway import NoGatewayError

if TYPE_CHECKING:
    from setup_tool.core.credential import KeyPair
    from setup_tool.ports import Signer, Web

_ACTION = "DescribeRegions"


def check_key(web: Web, signer: Signer, url: str, pair: KeyPair, region: str) -> None:
    """Have the regions described, which changes nothing and asks no other service.

    Raises `NoGatewayError` with what was answered instead, `UnreachableError` when nothing
    answers.
    """
    answer = Ec2Session(web, signer, url, pair, region).send(_ACTION)
    try:
        expect(answer, _ACTION)
    except UnmetError:
        raise NoGatewayError(
            f"{url} answered a request signed with access key {pair.access} with "
            f"{described(answer)}.",
            "",
        ) from None
