"""OpenStack's own clients: ``clouds.yaml`` and ``openrc`` for the user's login.

EC2 keys are of no use to them: they log in with the password, which is in neither file.
Both have a directory of the profile's own. The ``clouds.yaml`` in a home directory is
people's: YAML cannot be edited line by line, and no library writes back what it read.
"""

from __future__ import annotations

from setup_tool.editors.client.client import Client, ClientFile

OPENSTACK = Client(
    "openstack",
    (
        ClientFile("openstack/{profile}/clouds.yaml", "clouds.yaml.j2"),
        ClientFile("openstack/{profile}/openrc", "openrc.j2"),
    ),
)
