"""Start, stop, restart or reload one proxy node's Swift proxy server.

usage: control_proxy.py LAB SERVICE HOME CONF LOG  start|stop|restart|reload|status

What systemd does for a proxy on a real node. ``reload`` is Swift's own seamless one
(`swift-reload`), which first loads the new configuration and leaves the running server
alone if that fails.
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


class Proxy(controlled.Controlled):
    """One node's proxy server."""

    def command(self) -> list[str]:
        """Return Swift's own program; it notifies its service manager when it is ready."""
        return [controlled.program("swift-proxy-server"), str(self._conf), "-v"]

    def reload(self) -> int:
        """Let new workers read the configuration while the port stays open."""
        running = marked.main_process(self._lab, self._service)
        if running is None:
            return controlled.fail(f"{self._service} does not run, so it cannot be reloaded")
        patience = str(controlled.READY_SECONDS)
        command = [controlled.program("swift-reload"), "-t", patience, str(running.pid)]
        return subprocess.run(command, check=False, env=self.environment()).returncode


if __name__ == "__main__":
    sys.exit(controlled.control(Proxy, "reload"))
