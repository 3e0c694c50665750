"""Clouds, owners and keys that bundles are made for in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from setup_tool.core.credential import CloudUrls, Credential, KeyPair, Owner
from setup_tool.core.identity import DomainRef
from setup_tool.core.secret import Secret, joined
from setup_tool.credentials.bundle import render_bundle

if TYPE_CHECKING:
    from setup_tool.core.secret import Text

SECRET = 'kanarienvogel-<im>-"k\'fig"'
ACCESS = "0123abc"
ALICE = Owner("5e", "alice", "9a", "demo", DomainRef(name="Default"), DomainRef(id="default"))
ODD = replace(
    ALICE, user='</script><b>"O\'Hara" & \N{GRINNING FACE}', project="${x} %{y} <i>: 'z'\n&amp;"
)
URLS = CloudUrls(
    "https://keystone:5000/v3",
    "RegionOne",
    "gateway-1",
    "https://s3.example.org",
    "https://ec2.example.org:8788/services/Cloud",
    "/etc/ssl/my ca.pem",
)
S3_ALONE = replace(URLS, s3="http://gateway:8080/", ec2=None, ca_bundle=None)
OF_V2 = replace(S3_ALONE, auth="http://keystone:5000/v2.0")


def contents(
    owner: Owner = ALICE,
    urls: CloudUrls = URLS,
    *,
    directory: str = "/it's <here>",
    profile: str = "demo",
    **options: Any,
) -> dict[str, Text]:
    """Return what is in the files of a bundle, by path."""
    credential = Credential(owner, KeyPair(ACCESS, Secret(SECRET)))
    bundle = render_bundle(credential, urls, {}, directory=directory, profile=profile, **options)
    return {file.path: file.content for file in bundle}


def texts(*given: Any, **options: Any) -> dict[str, str]:
    """Return the files of a bundle as their readers get them, by path."""
    return {path: joined(content).reveal() for path, content in contents(*given, **options).items()}
