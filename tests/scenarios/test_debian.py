"""Debian 12's own proxy-server.conf and nova.conf, set up for Keystone by hand."""

from __future__ import annotations

import re

import pytest

from setup_tool.core.errors import DeclarationError
from tests.editors.oracles import debian
from tests.scenarios.nova_reading import nova_gets
from tests.scenarios.reading import changed_lines, oslo_reading, paste_reading
from tests.scenarios.scenario import make_cloud, ready

PIPELINE = (
    "pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats "
    "container_sync bulk tempurl ratelimit {} copy container-quotas account-quotas slo dlo "
    "versioned_writes symlink proxy-logging proxy-server"
)
SERVED = f"""\
@@ [pipeline:main]
-{PIPELINE.format("authtoken keystoneauth")}
+{PIPELINE.format("authtoken s3api s3token keystoneauth")}
@@ [app:proxy-server]
+account_autocreate = true
@@ [filter:authtoken]
+delay_auth_decision = true
@@ [filter:s3api]
+location = RegionOne
@@ [filter:s3token]
-auth_uri = http://keystonehost:5000/v3
+auth_uri = http://keystone:5000/v3
+secret_cache_duration = 0
+auth_url = http://keystone:5000
+auth_type = password
+project_domain_id = default
+project_name = service
+user_domain_id = default
+username = swift
+password = canary-of-swift
"""


def with_keystone() -> str:
    """Return the package's file as its comments tell an operator to change it."""
    text = debian("proxy-server.conf").replace(
        PIPELINE.format("tempauth"), PIPELINE.format("authtoken keystoneauth")
    )
    start, end = text.index("# [filter:authtoken]"), text.index("[filter:s3api]")
    ours = text[start:end]
    ours = re.sub(r"# (\[|paste|www|auth_|project_|user|use =|operator_roles)", r"\1", ours)
    ours = ours.replace("keystonehost", "keystone").replace(
        "# password = password", "password = canary-of-swift"
    )
    return text[:start] + ours + text[end:]


def test_the_package_s_file_gets_each_option_below_the_comment_that_shows_it() -> None:
    text = with_keystone()
    cloud = make_cloud({**ready(), "node": {"group": "proxy", "file": text}})
    plan = cloud.plan()
    after = cloud.after(plan)
    now = (after.machines["node"].file or b"").decode()
    assert changed_lines(text, now) == SERVED
    read = paste_reading(now)
    assert read["filter:s3api"]["location"] == "RegionOne"
    assert read["filter:s3token"]["log_name"] == "swift-s3token"
    assert now.index("# location = us-east-1\n") < now.index("\nlocation = RegionOne\n")
    assert after.plan().is_empty
    assert "canary" not in repr(plan)


def test_the_package_s_file_as_it_comes_is_refused_for_the_users_that_everybody_knows() -> None:
    text = debian("proxy-server.conf")
    line = text[: text.index("\npipeline = ")].count("\n") + 2
    cloud = make_cloud({**ready(), "node": {"group": "proxy", "file": text}})
    with pytest.raises(DeclarationError) as caught:
        cloud.plan()
    assert str(caught.value).startswith(
        f"node: /etc/swift/proxy-server.conf, line {line}: tempauth decides who may come in, with "
        "the users of Swift's sample file, whose passwords everybody knows."
    )


def test_with_users_of_one_s_own_the_package_s_file_gets_s3api_before_tempauth() -> None:
    text = debian("proxy-server.conf").replace("= testing .admin", "= canary-of-tempauth .admin")
    cloud = make_cloud({**ready(), "node": {"group": "proxy", "file": text}})
    after = cloud.after(cloud.plan())
    now = (after.machines["node"].file or b"").decode()
    assert changed_lines(text, now) == (
        f"@@ [pipeline:main]\n-{PIPELINE.format('tempauth')}\n"
        f"+{PIPELINE.format('s3api tempauth')}\n"
        "@@ [app:proxy-server]\n+account_autocreate = true\n"
        "@@ [filter:s3api]\n+location = RegionOne\n"
    )
    assert after.plan().is_empty


@pytest.mark.parametrize("release", ["2:26.2.2-1~deb12u3", None])
def test_the_package_s_nova_conf_is_never_touched(release: str | None) -> None:
    node = {"group": "controller", "file": debian("nova.conf"), "package": release}
    assert make_cloud({**ready(), "node": node}).plan().is_empty


def test_in_a_nova_conf_of_that_size_ec2_goes_below_the_comment_of_its_option() -> None:
    text = debian("nova.conf")
    node = {"group": "controller", "file": text, "package": "2:12.0.6-1", "answer": 400}
    cloud = make_cloud({**ready(), "node": node})
    after = cloud.after(cloud.plan())
    now = (after.machines["node"].file or b"").decode()
    added = [line for line in changed_lines(text, now).splitlines() if line[0] in "+-"]
    ours = {
        "keystone_ec2_url": "http://keystone:5000/v3/ec2tokens",
        "ec2_host": "cloud",
        "ec2_dmz_host": "cloud",
    }
    assert added == [f"+{key} = {value}" for key, value in ours.items()]
    read = oslo_reading(now)
    assert {key: read["DEFAULT"].pop(key) for key in ours} == ours
    assert {name: said for name, said in read.items() if said} == {
        name: said for name, said in oslo_reading(text).items() if said
    }


def test_in_a_nova_conf_of_that_size_the_list_that_is_set_is_changed_beside_its_comment() -> None:
    shown = "#enabled_apis = osapi_compute,metadata\n"
    text = debian("nova.conf").replace(shown, f"{shown}enabled_apis=osapi_compute,metadata\n")
    node = {"group": "controller", "file": text, "package": "2:12.0.6-1"}
    cloud = make_cloud({**ready(), "node": node})
    after = cloud.after(cloud.plan())
    now = (after.machines["node"].file or b"").decode()
    assert f"{shown}enabled_apis=ec2,osapi_compute,metadata\n" in now
    assert nova_gets(after.machines["node"])["enabled_apis"] == ["ec2", "osapi_compute", "metadata"]
    assert after.plan().is_empty
