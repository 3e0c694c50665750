"""What nova gets from its files: oslo.config itself reads them, as nova declares its options."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oslo_config import cfg, types

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.scenarios.machine import Machine

_MITAKA, _OCATA, _FIRST_YEAR = 13, 15, 2013


def nova_gets(machine: Machine) -> dict[str, Any]:
    """Return the options of nova-api that concern EC2, of the release that its package has.

    The service is started with the machine's ``command``, else it is given its one file.
    """
    with tempfile.TemporaryDirectory() as root:
        files = {**machine.others, machine.path: machine.file or b""}
        for path, data in files.items():
            place = Path(root + path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        conf = cfg.ConfigOpts()
        conf.register_opts(_options(machine.package or ""))
        words = [
            word.replace("/etc/", f"{root}/etc/").replace("/usr/", f"{root}/usr/")
            for word in machine.command
        ]
        found = [] if machine.command else [root + machine.path]
        conf(words, project="nova", default_config_files=found, default_config_dirs=[])
        return {name: conf[name] for name in conf if name not in ("config_file", "config_dir")}


def _options(package: str) -> Sequence[cfg.Opt]:
    """As nova declares them: ``nova/service.py``, ``nova/api/ec2``; later ``nova/conf``."""
    release = int(package.rpartition(":")[2].partition(".")[0])
    dated = release >= _FIRST_YEAR
    apis = ["osapi_compute", "metadata"]
    item = types.String(choices=apis) if release >= _OCATA and not dated else None
    if release < _MITAKA or dated:
        apis = ["ec2", *apis]
    return (
        cfg.ListOpt("enabled_apis", default=apis, item_type=item),
        cfg.StrOpt("my_ip"),
        cfg.StrOpt("keystone_ec2_url", default="http://localhost:5000/v2.0/ec2tokens"),
        cfg.StrOpt("ec2_host", default="$my_ip"),
        cfg.StrOpt("ec2_dmz_host", default="$my_ip"),
        cfg.IntOpt("ec2_port", default=8773),
        cfg.StrOpt("ec2_scheme", default="http"),
        cfg.StrOpt("ec2_path", default="/services/Cloud"),
    )
