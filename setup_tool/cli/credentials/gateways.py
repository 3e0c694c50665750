"""The cloud's S3 gateway, as the catalogue of a login names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.credential import CloudUrls, KeyPair
    from setup_tool.ports import Signer, Web


@dataclass(slots=True)
class Gateway:
    """Where requests are sent; their region is asked for once, with the first key."""

    web: Web
    signer: Signer
    url: str
    _region: str | None = field(default=None, init=False)

    def takes(self, pair: KeyPair) -> bool:
        """Tell whether a request signed with a key is answered as it should be.

        Raises `UnreachableError` when nothing answers.
        """
        from setup_tool.verify.s3.gateway import NoGatewayError

        try:
            self.check(pair)
        except NoGatewayError:
            return False
        return True

    def check(self, pair: KeyPair) -> str:
        """Send a request signed with a key and return the region that it was signed for.

        Raises `NoGatewayError` or `UnreachableError`.
        """
        from setup_tool.verify.s3.gateway import probe_region
        from setup_tool.verify.s3.one_key import check_key

        if self._region is None:
            self._region = probe_region(self.web, self.signer, self.url, pair)
        check_key(self.web, self.signer, self.url, pair, self._region)
        return self._region


def gateway_of(login: CloudLogin, urls: CloudUrls) -> Gateway:
    """Return the gateway at the catalogue's public s3 endpoint.

    Raises `DeclarationError` where there is none.
    """
    from setup_tool import wiring
    from setup_tool.core.errors import DeclarationError

    if urls.s3 is None:
        raise DeclarationError(
            "The catalogue has no public s3 endpoint, at which keys could be tried."
        )
    return Gateway(wiring.open_web(login.ca_bundle), wiring.open_signer(), urls.s3)
