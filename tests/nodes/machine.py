"""One machine: an overlay on the image, booted by systemd-nspawn."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.waiting import wait_until
from tests.nodes import cgroups
from tests.nodes.network import ipv4, ipv6

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.nodes.network import Network

# systemd-nspawn starts nothing where no systemd seems to run. It is told so in a mount
# namespace of its own: programs outside would believe it, too.
_START = """\
for group in $1; do echo $$ >"$group/cgroup.procs" || exit; done
[ -d /run/systemd/system ] || { mkdir -p /run/systemd &&
    mount -t tmpfs -o mode=755 tmpfs /run/systemd && mkdir /run/systemd/system; } || exit
shift
exec systemd-nspawn "$@"
"""
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PATIENCE = 60.0


@dataclass(slots=True)
class Machine:
    """A Debian host of a cloud."""

    name: str
    numbers: tuple[int, ...]
    """Of its addresses; the first is its own, others are virtual ones that it serves."""
    units: tuple[str, ...]
    """Enabled besides sshd."""
    network: Network
    folder: Path
    lower: tuple[Path, ...]
    """What its overlay lies on, the uppermost first."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return ipv4(self.numbers[0])

    @property
    def address6(self) -> str:
        return ipv6(self.numbers[0])

    @property
    def root(self) -> Path:
        """Its / as seen from outside, without what it mounts itself, such as /run."""
        return self.folder / "root"

    @property
    def group(self) -> str:
        """The name of its control group."""
        return self.network.namespace(self.name)

    @property
    def first_process(self) -> int | None:
        """Its init, as numbered outside; None when it is off."""
        return cgroups.first_process(self.group)

    def prepare(self) -> None:
        """Lay the overlay: the machine as it is before its first boot."""
        for part in ("upper", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        lower = ":".join(map(str, self.lower))
        options = f"lowerdir={lower},upperdir={self.folder}/upper,workdir={self.folder}/work"
        _run("mount", "-t", "overlay", "-o", options, self.group, str(self.root))
        etc = self.root / "etc"
        (etc / "hostname").write_text(f"{self.name}\n")
        (etc / "machine-id").write_text(f"{uuid.uuid4().hex}\n")
        wanted = etc / "systemd/system/multi-user.target.wants"
        for unit in self.units:
            if not (wanted / unit).is_symlink():
                (wanted / unit).symlink_to(f"/lib/systemd/system/{unit}")

    def start(self) -> None:
        """Switch it on; `await_login` tells when it is up."""
        assert self._process is None
        self.network.unplug(self.name)
        namespace = self.network.plug(self.name, *self.numbers)
        groups = cgroups.make(self.group)
        options = [
            *("--quiet", "--boot", f"--directory={self.root}", f"--hostname={self.name}"),
            *(f"--machine={self.group}", f"--network-namespace-path={namespace}"),
            *("--register=no", "--keep-unit", "--link-journal=no", "--console=read-only"),
            *("--resolv-conf=off", "--timezone=off", "--capability=CAP_NET_ADMIN"),
        ]
        words = ["unshare", "--mount", "/bin/sh", "-c", _START, "start", " ".join(map(str, groups))]
        with (self.folder / "console").open("ab") as console:
            self._process = subprocess.Popen(
                [*words, *options],
                # Firewalls inside set their network's sysctls.
                env=os.environ | {"SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def await_login(self) -> None:
        """Return when it has started and its sshd takes logins; call it on its network."""
        wait_until(self._takes_logins, seconds=_PATIENCE)
        self.sh("systemctl is-system-running --wait", status=None)

    def boot(self) -> None:
        """Switch it on and wait for its sshd."""
        self.start()
        self.await_login()

    def power_off(self) -> None:
        """Cut its power: every process ends at once, wherever it is; its disk stays."""
        first = self.first_process
        if first is not None:
            os.kill(first, signal.SIGKILL)
        self._ended()

    def shut_down(self) -> None:
        """Shut it down in order."""
        assert self.first_process is not None, f"{self.name} is off"
        self.sh("systemctl poweroff --no-block")
        self._ended()

    def reboot(self) -> None:
        """Have it restart itself in order, and wait for its sshd."""
        self.sh("systemctl reboot --no-block")
        self._ended()
        self.boot()

    def forget(self) -> None:
        """Bring its disk back to what it was before the first boot; it must be off."""
        discard(self.folder)
        self.prepare()

    def give_disk(self, folder: Path) -> None:
        """Leave what differs on its disk from what that lies on in a folder; it must be off."""
        _run("umount", "--recursive", str(self.root))
        (self.folder / "upper").rename(folder)
        discard(self.folder)

    def start_once(self, unit: str) -> None:
        """Have systemd not start a service again that died: over and over shows no more."""
        drop_in = self.root / f"etc/systemd/system/{unit}.service.d/once.conf"
        drop_in.parent.mkdir()
        drop_in.write_text("[Service]\nRestart=no\n")
        self.sh("systemctl daemon-reload")

    def sh(self, command: str, *, stdin: str = "", status: int | None = 0) -> str:
        """Run a command in it as root, past its network; return what it wrote to stdout.

        The exit status must be the given one; None: any.
        """
        ran = self.ran(["/bin/sh", "-c", command], stdin)
        told = f"{self.name}: `{command}` ended with {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
        assert status in {None, ran.returncode}, told
        return ran.stdout

    def ran(self, words: Sequence[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program in it as root and return how it ended."""
        first = self.first_process
        assert first is not None, f"{self.name} is off"
        enter = ["nsenter", f"--target={first}", "--mount", "--uts", "--ipc", "--net", "--pid"]
        return subprocess.run(
            [*enter, "--root", "--wd", "--", "env", "-i", _PATH, "HOME=/root", *words],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def cut(self) -> None:
        """Cut its network link, without anybody being told."""
        self.network.cut(self.name)

    def mend(self) -> None:
        """Undo `cut`."""
        self.network.mend(self.name)

    def console(self) -> str:
        """Return what systemd said while it was booted."""
        return (self.folder / "console").read_text(errors="replace")

    def _takes_logins(self) -> bool:
        running = self._process is None or self._process.poll() is None
        assert running, f"{self.name} did not boot:\n{self.console()}"
        return speaks_ssh(self.address)

    def _ended(self) -> None:
        if self._process is not None:
            self._process.wait(timeout=_PATIENCE)
            self._process = None
        wait_until(lambda: not cgroups.processes(self.group), seconds=_PATIENCE)
        cgroups.remove(self.group)
        self.network.unplug(self.name)


def speaks_ssh(address: str) -> bool:
    """Tell whether an SSH server greets whoever connects."""
    with contextlib.suppress(OSError), socket.create_connection((address, 22), 1.0) as connection:
        connection.settimeout(1.0)
        return connection.recv(4) == b"SSH-"
    return False


def discard(folder: Path) -> None:
    """Remove a machine's folder, with what is mounted there and what is immutable in it."""
    root = folder / "root"
    while root.is_mount():
        _run("umount", "--recursive", str(root))
    if folder.exists():
        _run("chattr", "-R", "-f", "-i", "-a", str(folder / "upper"), check=False)
        shutil.rmtree(folder)


def _run(*words: str, check: bool = True) -> None:
    subprocess.run(words, check=check)
