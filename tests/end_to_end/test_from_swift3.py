"""Files of swift3's days on proxies whose Swift serves S3 itself, as an upgrade leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.editors.ini import Dialect, parse

if TYPE_CHECKING:
    from tests.cloud import Cloud

PROXIES = ("proxy1", "proxy2")
SWIFT3 = """
[filter:swift3]
# who signs for it since Grizzly
use = egg:swift3#swift3
location = north-1
max_bucket_listing = 500

[filter:s3token]
paste.filter_factory = keystone.middleware.s3_token:filter_factory
auth_host = keystone
auth_port = 35357
auth_protocol = http
"""


def as_swift3_had_it(text: str) -> str:
    """Return the file of a proxy with swift3 1.7 in it, and puppet's name for keystoneauth."""
    assert text.count("authtoken keystoneauth") == 1
    text = text.replace("authtoken keystoneauth", "swift3 s3token authtoken keystone")
    return text.replace("[filter:keystoneauth]", "[filter:keystone]") + SWIFT3


def test_an_upgraded_cloud_serves_s3_again_after_one_apply(untouched: Cloud) -> None:
    confs = [untouched.proxy_conf(proxy) for proxy in PROXIES]
    for conf in confs:
        conf.write_text(as_swift3_had_it(conf.read_text()))
    edits = [c for c in untouched.plan()["changes"] if c["summary"].startswith("edit ")]
    assert len(edits) == len(PROXIES)
    for edit in edits:
        reasons = " ".join(edit["reasons"])
        assert "has s3api built in; swift3 does not load on Python 3" in reasons
        assert "auth_host, auth_port and auth_protocol are gone" in reasons
        assert "refused since OSSA-2025-002" in reasons
        assert "authtoken comes first" in reasons
        assert "finds keystoneauth by this name only" in reasons
    untouched.run("apply", "-i", untouched.inventory, "--yes")
    for conf in confs:
        assert SWIFT3.partition("\n[filter:s3token]")[0] in conf.read_text(), "it stays"
        ini = parse(conf.read_text(), Dialect.PASTE, name=conf.name)
        pipeline = ini.get("pipeline:main", "pipeline")
        assert pipeline is not None
        assert " authtoken s3api s3token keystoneauth " in pipeline.value
        for key, value in (("location", "north-1"), ("max_bucket_listing", "500")):
            option = ini.get("filter:s3api", key)
            assert option is not None
            assert option.value == value
    assert untouched.plan()["converged"] is True
    ran = untouched.run("verify", "-i", untouched.inventory, "--s3", "--format", "json")
    assert ran.document["passed"] is True
