"""Where keys are tried: the cloud's S3 gateway as the catalogue names it, else its EC2 service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.adapters.cloud_login import CloudLogin
    from setup_tool.core.credential import CloudUrls, KeyPair
    from setup_tool.ports import Signer, Web


@dataclass(slots=True)
class Gateway:
    """Where requests are sent; the region of S3 is asked for once, with the first key.

    EC2 is asked where there is no S3, for the catalogue's region: it does not mind.
    """

    web: Web
    signer: Signer
    urls: CloudUrls
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
        urls = self.urls
        if urls.s3 is None:
            return self._check_ec2(urls.ec2 or "", pair)
        from setup_tool.verify.s3.gateway import probe_region
        from setup_tool.verify.s3.one_key import check_key

        if self._region is None:
            self._region = probe_region(self.web, self.signer, urls.s3, pair)
        check_key(self.web, self.signer, urls.s3, pair, self._region)
        return self._region

    def _check_ec2(self, url: str, pair: KeyPair) -> str:
        from setup_tool.verify.ec2.one_key import check_key

        region = self.urls.catalogue_region
        check_key(self.web, self.signer, url, pair, region)
        return region


def gateway_of(login: CloudLogin, urls: CloudUrls) -> Gateway:
    """Return what the catalogue's public endpoints are asked by."""
    from setup_tool import wiring

    return Gateway(wiring.open_web(login.ca_bundle), wiring.open_signer(), urls)
