"""Chromium without a window, in a copy of the Debian image that has no network at all."""

from __future__ import annotations

import contextlib
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tests.nodes.image import TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGES = Path(__file__).parent / "files/packages-browser"
_PAGES = "mnt"
"""Where the browser finds the folder with the pages."""

# Mounts and processes go when it ends. Chromium is spoken to through its descriptors 3 and 4.
_CONFINED = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child")
_START = f"""
set -e
root=$1
mount -t overlay overlay -o "lowerdir=$2:$3" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
mount --bind "$4" "$root/{_PAGES}"
exec chroot "$root" env -i PATH=/usr/bin:/bin HOME=/tmp chromium-headless-shell \
    --no-sandbox --disable-gpu --user-data-dir=/tmp/profile --remote-debugging-pipe \
    3<&0 4>&1 </dev/null >/dev/null
"""


@dataclass(slots=True)
class Tab:
    """A page that is open; what it logs and asks the network for is kept."""

    browser: Browser
    session: str
    logged: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    def send(self, method: str, **parameters: Any) -> Any:
        """Have Chromium do something in this page (Chrome DevTools Protocol); return its answer."""
        return self.browser.send(method, session=self.session, **parameters)

    def open(self, name: str) -> None:
        """Load a page of the folder and wait until it is loaded."""
        self.send("Page.navigate", url=f"file:///{_PAGES}/{name}")
        self.browser.await_event("Page.loadEventFired")

    def js(self, expression: str) -> Any:
        """Return what an expression is, as if somebody had just clicked."""
        answer = self.send(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def look(self, *, width: int = 1280, scheme: str = "light", media: str = "") -> None:
        """Show the page this wide, in pixels, in these colours, on this medium."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        self.send("Emulation.setDeviceMetricsOverride", **size)
        colours = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", media=media, features=colours)


@dataclass(slots=True)
class Browser:
    """A running Chromium."""

    to: IO[bytes]
    answers: IO[bytes]
    tabs: dict[str, Tab] = field(default_factory=dict)
    _sent: int = 0
    _events: list[str] = field(default_factory=list)

    def send(self, method: str, *, session: str | None = None, **parameters: Any) -> Any:
        """Send a command and return its result."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters}
        self.to.write(json.dumps(message | ({"sessionId": session} if session else {})).encode())
        self.to.write(b"\0")
        self.to.flush()
        while (found := self._next()).get("id") != self._sent:
            pass
        assert "error" not in found, f"{method}: {found['error']}"
        return found["result"]

    def await_event(self, method: str) -> None:
        """Return when an event has come that was not waited for yet."""
        while method not in self._events:
            self._next()
        self._events.clear()

    def tab(self) -> Tab:
        """Open an empty page."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        answer = self.send("Target.attachToTarget", targetId=target, flatten=True)
        tab = self.tabs[answer["sessionId"]] = Tab(self, answer["sessionId"])
        for domain in ("Page", "Network", "Log", "Runtime"):
            tab.send(f"{domain}.enable")
        tab.send("Emulation.setFocusEmulationEnabled", enabled=True)
        return tab

    def allow_clipboard(self, *, writing: bool) -> None:
        """Let pages read the clipboard, and write it by the modern way or only by the old one."""
        self.send("Browser.resetPermissions")
        for name in ("clipboard-read", "clipboard-write"):
            allowed = writing or name == "clipboard-read"
            setting = "granted" if allowed else "denied"
            self.send("Browser.setPermission", permission={"name": name}, setting=setting)

    def _next(self) -> Any:
        message = json.loads(self._message())
        method, told = message.get("method", ""), message.get("params", {})
        self._events.append(method)
        tab = self.tabs.get(message.get("sessionId"))
        if tab and method == "Network.requestWillBeSent":
            tab.requested.append(told["request"]["url"])
        if tab and method in {"Log.entryAdded", "Runtime.exceptionThrown"}:
            tab.logged.append(json.dumps(told))
        return message

    def _message(self) -> bytes:
        data = bytearray()
        while (byte := self.answers.read(1)) != b"\0":
            assert byte, "Chromium has ended"
            data += byte
        return bytes(data)


def layer() -> Path:
    """Return the layer with the browser, made where it is not kept, which takes a way out."""
    return TODAY.layer("browser", _PACKAGES)


@contextlib.contextmanager
def browsing(pages: Path, folder: Path) -> Iterator[Browser]:
    """Run a browser that can see one folder of pages; ``folder`` is for itself."""
    root = folder / "root"
    root.mkdir()
    told = (str(root), str(layer()), str(TODAY.root()), str(pages))
    with (
        (folder / "chromium.log").open("wb") as log,
        subprocess.Popen(
            [*_CONFINED, "/bin/sh", "-c", _START, "sh", *told],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process,
    ):
        try:
            assert process.stdin
            assert process.stdout
            yield Browser(process.stdin, process.stdout)
        finally:
            process.kill()
