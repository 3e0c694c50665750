"""ec2-api on the cloud with nova: what it is set up with, and where it leaves traces."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from setup_tool.data import folder
from tests.ec2.operator import Operator
from tests.lab_fixture import request
from tests.nodes import places
from tests.nodes.unpacked import wheels

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nodes.machine import Machine
    from tests.nodes.nova_cloud import NovaCloud

CONF = "/etc/ec2api/ec2api.conf"
WHEELS = "/srv/wheels"
STANDALONE = {"ec2": "standalone", "ec2_api_wheels": WHEELS}
"""What the inventory says."""

ACCOUNT = "ec2-api"
"""Its user in Keystone."""

_REQUIREMENTS = "ec2-api/requirements-alone.txt"
# What any service writes or the node's packages bring is left out, and what backups are for.
_PRUNED = (
    *("/etc/ssh", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/glance", "/var/lib/keystone"),
    *("/var/lib/mysql", "/var/lib/nova", "/var/lib/python", "/var/lib/rabbitmq"),
    *("/var/lib/setup-tool", "/var/lib/systemd"),
)
_TRACES = f"""
find /etc /home /opt /root /srv /usr/local /var/lib -xdev \\( \\
    {" -o ".join(f"-path {path}" for path in _PRUNED)} \\) -prune -o -print | sort
getent passwd | sort
getent group | sort
systemctl list-unit-files --no-legend | awk '{{ print $1, $2 }}' | sort
ss -Hltn | awk '{{ print $4 }}' | sort
"""


def ec2_api_wheels() -> Path:
    """Return a folder with the wheel of ec2-api, fetched as docs/roles.md says.

    It is fetched where it is not kept, which takes a way out: not on a cloud's network.
    """
    return wheels("ec2-api", folder("templates") / "node" / _REQUIREMENTS)


def give_wheels(machine: Machine, kept: Path) -> None:
    """Put the wheels where the inventory says."""
    shutil.copytree(kept, machine.root / WHEELS.lstrip("/"), dirs_exist_ok=True)


def make_database(cloud: NovaCloud) -> str:
    """Make a database in MariaDB as an operator does; return its URL."""
    secret = cloud.hosts.seed.passwords["database"]
    cloud.machine.sh(
        "mariadb",
        stdin="CREATE DATABASE ec2api CHARACTER SET utf8;"
        f"GRANT ALL ON ec2api.* TO 'ec2api'@'%' IDENTIFIED BY '{secret}';",
    )
    return f"mysql+pymysql://ec2api:{secret}@127.0.0.1/ec2api"


def images_known(cloud: NovaCloud) -> int:
    """Return how many images have an id of EC2's in that database."""
    asked = "SELECT COUNT(*) FROM items WHERE id LIKE 'ami-%'"
    return int(cloud.machine.sh(f'mariadb --batch --skip-column-names ec2api -e "{asked}"'))


def answers() -> bool:
    """Tell whether ec2-api says of a request without a signature that there is none."""
    try:
        return request("GET", places.EC2, seconds=5).status == 400
    except OSError:
        return False


def password(machine: Machine) -> str:
    """Return the password in the file."""
    lines = (machine.root / CONF.lstrip("/")).read_text().splitlines()
    (found,) = [line for line in lines if line.startswith("password = ")]
    return found.removeprefix("password = ")


def traces(machine: Machine) -> list[str]:
    """Return what a service of its own leaves on a node: files, users, units, ports."""
    return machine.sh(_TRACES).splitlines()


def named_in_keystone(cloud: NovaCloud) -> set[str]:
    """Return the users, services and endpoints of Keystone by name, type and URL."""
    ask = cloud.native().accounts.ask
    return {
        *(each["name"] for each in ask("GET", "/users")["users"]),
        *(each["type"] for each in ask("GET", "/services")["services"]),
        *(each["url"] for each in ask("GET", "/endpoints")["endpoints"]),
    }


def customer(cloud: NovaCloud, user: str) -> Operator:
    """Issue keys and files for a user of the cloud, who then works with them alone."""
    home = cloud.folder / user
    cloud.run("credentials", "issue", "--os-cloud", user, "--directory", str(home))
    lines = (home / "eucarc").read_text().splitlines()
    (secret,) = [line for line in lines if line.startswith("export EC2_SECRET_KEY=")]
    return Operator(home, secret.partition("=")[2].strip("'\""))
