"""Start, stop or restart the controller's ec2-api.

usage: control_ec2_api.py LAB SERVICE HOME CONF LOG  start|stop|restart|status

What systemd does for ec2-api on a real node; ``restart`` brings its database up to date
before it starts. Runs in the environment that has ec2-api.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from setup_tool.lab.servers import controlled, marked
else:
    import controlled
    import marked


class Ec2Api(controlled.Controlled):
    """The controller's ec2-api."""

    def command(self) -> list[str]:
        """Return ec2-api's own program; oslo.service notifies the service manager."""
        return [controlled.program("ec2-api"), "--config-file", str(self._conf)]

    def environment(self) -> dict[str, str]:
        """Return its environment: setup-tool puts the filter's module into a folder of its own."""
        # ec2-api imports what its libraries deprecate, at each start
        more = {
            "PYTHONPATH": str(self._home / "opt/setup-tool/ec2-api"),
            "PYTHONWARNINGS": "ignore",
        }
        return super().environment() | more

    def start(self) -> int:
        """Start it, once there is a configuration."""
        if not self._conf.exists():
            return controlled.fail(f"{self._service} has no {self._conf} yet")
        return super().start()

    def restart(self) -> int:
        """Stop it, bring its database up to date, then start it."""
        marked.stop(self._lab, self._service)
        manage = [controlled.program("ec2-api-manage"), "--config-file", str(self._conf)]
        with self._log.open("ab") as log:
            synced = subprocess.run(
                [*manage, "db_sync"], check=False, env=self.environment(), stdout=log, stderr=log
            )
        if synced.returncode != 0:
            return controlled.fail(f"db_sync of {self._service} failed; see {self._log}")
        return self.start()


if __name__ == "__main__":
    sys.exit(controlled.control(Ec2Api))
