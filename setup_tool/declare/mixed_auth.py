"""Proxies that ask tempauth where the cloud's users are Keystone's: as a package sets them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.core.errors import DeclarationError, as_one
from setup_tool.editors import pipeline
from setup_tool.editors.ini import FileProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from setup_tool.declare.bind_proxy import Proxy
    from setup_tool.editors.ini import IniFile

_SAMPLE_USER = ("user_test_tester", "testing")
"""Of etc/proxy-server.conf-sample of Swift, which Debian and Ubuntu install; who knows
this one can log in."""


def check_auth(proxies: Sequence[Proxy], regions: Mapping[str, str]) -> None:
    """Refuse proxies that a package's own file has turned to tempauth.

    Those of one region (``regions`` has it by node) are behind one URL, so all must know the
    same users; and S3 is not brought to users whose passwords stand in Swift's sample file.
    Raises `DeclarationError` naming every file.
    """
    errors = [
        error
        for proxy in proxies
        if proxy.keystone is None and (error := _problem(proxy, proxies, regions))
    ]
    if errors:
        raise as_one(errors)


def _problem(
    proxy: Proxy, proxies: Sequence[Proxy], regions: Mapping[str, str]
) -> DeclarationError | None:
    region = regions[proxy.node.name]
    others = [
        other.node.name
        for other in proxies
        if other.keystone is not None and regions[other.node.name] == region
    ]
    if others:
        why = (
            f"while others of region {region} ask Keystone ({', '.join(others)}), whose users are "
            "refused here"
        )
    elif _has_sample_users(proxy.file):
        why = (
            "with the users of Swift's sample file, whose passwords everybody knows. S3 would be "
            "open to them"
        )
    else:
        return None
    path = proxy.node.settings.proxy_conf
    return FileProblemError(
        proxy.file.name,
        pipeline.main_pipeline(proxy.file).lines[0],
        f"tempauth decides who may come in, {why}. A package's upgrade brings such a file: dpkg "
        f"keeps the one that it replaced as {path}.dpkg-old, rpm as {path}.rpmsave, and "
        f"`setup-tool rollback --limit {proxy.node.name} --overwrite-changed` brings back the one "
        "from before setup-tool's last change. Put authtoken and keystoneauth back and run "
        "again, or set `s3: off` for this node.",
    )


def _has_sample_users(file: IniFile) -> bool:
    key, password = _SAMPLE_USER
    filters = (
        name for name, role in pipeline.roles(file).items() if role is pipeline.Role.TEMPAUTH
    )
    found = (file.get(f"filter:{name}", key) for name in filters)
    return any(option.value.split()[:1] == [password] for option in found if option)
