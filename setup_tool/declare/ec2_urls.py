"""The options of nova.conf that shape the URLs which nova's EC2 hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.core.plan import Note
from setup_tool.declare.urls import host, port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.declare.nova_files import NovaFiles
    from setup_tool.declare.roles import Value

_DEFAULTS = {"ec2_scheme": "http", "ec2_port": "8773", "ec2_path": "/services/Cloud"}
"""nova/api/ec2/cloud.py, 2013.1 to 12: ``ec2_opts``, all in [DEFAULT]; hosts: ``$my_ip``."""


def url_options(
    files: NovaFiles, public: str, internal: str
) -> tuple[Mapping[str, Value], tuple[Note, ...]]:
    """Return what to write for nova to hand out what the catalogue says, None where nothing.

    ``DescribeRegions`` answers ``ec2_scheme://ec2_host:ec2_port`` and ``ec2_path`` unless there
    is a ``region_list``; cloudpipe's machines call ``ec2_dmz_host``. What an operator set is
    kept, and said where it is another URL than the published one.
    """
    options: dict[str, Value] = dict.fromkeys(("ec2_host", *_DEFAULTS))
    options["ec2_dmz_host"] = None
    if files.get("ec2_dmz_host") is None and not _is_own(files, internal):
        options["ec2_dmz_host"] = host(internal)
    if files.get("region_list") is not None:
        return options, ()
    parts = urlsplit(public)
    wanted = {
        "ec2_scheme": parts.scheme,
        "ec2_port": str(port(public)),
        "ec2_path": parts.path or "/",
    }
    if files.get("ec2_host") is not None:
        return options, _said_otherwise(files, host(public), wanted, public)
    if not _is_own(files, public):
        options["ec2_host"] = host(public)
    options |= {
        key: value
        for key, value in wanted.items()
        if files.get(key) is None and value != _DEFAULTS[key]
    }
    return options, ()


def _is_own(files: NovaFiles, url: str) -> bool:
    """Tell whether a URL leads to ``my_ip``; nova finds that by itself where it is not set."""
    found = files.get("my_ip")
    return found is not None and found.option.value == host(url).strip("[]")


def _said_otherwise(
    files: NovaFiles, name: str, wanted: Mapping[str, str], public: str
) -> tuple[Note, ...]:
    found = files.get("ec2_host")
    if found is None or found.option.unresolved:
        return ()
    said = {key: (files.value(key) or default) for key, default in _DEFAULTS.items()}
    if found.option.value == name and said == wanted:
        return ()
    url = f"{said['ec2_scheme']}://{found.option.value}:{said['ec2_port']}{said['ec2_path']}"
    return (
        Note(
            files.node,
            f"{found.place}: nova's EC2 tells users of its region's endpoint {url}, and the "
            f"catalogue publishes {public}. Both may be right; remove ec2_host, and ec2_scheme, "
            "ec2_port and ec2_path, to have them follow the catalogue.",
        ),
    )
