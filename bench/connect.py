"""What observing nodes costs above a bare SSH command, as a ratio measured in one run.

usage: python bench/connect.py [ROUNDS]

N nodes are N ports of one OpenSSH sshd on loopback, run as the current user. The
bare job is what anybody must do: paramiko, one connection, one command (``true``).
Ours asks each node what a run asks a proxy: system, file, service, stamp, runs.
Both run on 16 threads; best of ROUNDS (default 3), after one round to warm up.
"""

from __future__ import annotations

import getpass
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from setup_tool.adapters.ssh import SshShell
from setup_tool.adapters.ssh_context import SshContext
from setup_tool.core.queries import ReadFile, ReadRuns, ReadService, ReadStamp, ReadSystem
from setup_tool.declare.access import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNTS = (1, 10, 50)
THREADS = 16
PORTS_OF_A_SERVER = 16
"""sshd listens on no more (MAX_LISTEN_SOCKS)."""
STATE = "~/.setup-tool-bench"
QUERIES = (
    ReadSystem(STATE),
    ReadFile("/etc/services"),
    ReadService("proxy-server", port=8080),
    ReadStamp("proxy-server", STATE),
    ReadRuns(STATE),
)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [link.getsockname()[1] for link in sockets]
    for link in sockets:
        link.close()
    return ports


@contextmanager
def sshd(folder: Path, ports: list[int]) -> Iterator[None]:
    """Run OpenSSH's servers on the ports until the block ends."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        sys.exit("This measurement needs OpenSSH's server: apt-get install openssh-server")
    for name in ("host", "user"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(command, check=True)
    host_key = " ".join((folder / "host.pub").read_text().split()[:2])
    lines = [f"[127.0.0.1]:{port} {host_key}\n" for port in ports]
    (folder / "known_hosts").write_text("".join(lines))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    with ExitStack() as servers:
        for first in range(0, len(ports), PORTS_OF_A_SERVER):
            some = ports[first : first + PORTS_OF_A_SERVER]
            servers.enter_context(one_sshd(program, folder, some))
        yield


@contextmanager
def one_sshd(program: str, folder: Path, ports: list[int]) -> Iterator[None]:
    """Run one server until the block ends."""
    config = [
        *(f"Port {port}" for port in ports),
        "ListenAddress 127.0.0.1",
        f"HostKey {folder}/host",
        f"AuthorizedKeysFile {folder}/user.pub",
        f"PidFile {folder}/pid{ports[0]}",
        "UsePAM no",
        "StrictModes no",
        "MaxStartups 200",
    ]
    file = folder / f"sshd_config{ports[0]}"
    file.write_text("\n".join(config) + "\n")
    server = subprocess.Popen([program, "-D", "-e", "-f", str(file)], stderr=subprocess.DEVNULL)
    try:
        while server.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", ports[-1])).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        else:
            sys.exit(f"sshd ended with status {server.returncode}")
        yield
    finally:
        server.terminate()
        server.wait()


def bare(folder: Path, port: int) -> None:
    """Connect and run one command, as SSHClient does it."""
    with paramiko.SSHClient() as client:
        client.load_host_keys(str(folder / "known_hosts"))
        client.connect(
            "127.0.0.1",
            port,
            key_filename=str(folder / "user"),
            allow_agent=False,
            look_for_keys=False,
        )
        _, out, _ = client.exec_command("true")
        assert out.channel.recv_exit_status() == 0


def ours(folder: Path, context: SshContext, port: int) -> None:
    """Observe a node."""
    access = Access(
        "127.0.0.1",
        port,
        user=getpass.getuser(),
        key_file=str(folder / "user"),
        known_hosts=str(folder / "known_hosts"),
    )
    shell = SshShell(f"node{port}", access, context)
    try:
        assert len(shell.observe(QUERIES)) == len(QUERIES)
    finally:
        shell.close()


def timed(job: Callable[[int], None], ports: list[int]) -> tuple[float, float]:
    """Return wall seconds, and this process's CPU seconds, of the job over all ports."""
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    begin = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(job, ports))
    wall = time.perf_counter() - begin
    now = resource.getrusage(resource.RUSAGE_SELF)
    return wall, now.ru_utime + now.ru_stime - cpu.ru_utime - cpu.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    ports = free_ports(max(COUNTS))
    with tempfile.TemporaryDirectory() as name, sshd(Path(name), ports):
        folder = Path(name)
        print("nodes  bare s (cpu)   observe s (cpu)   ratio")
        for count in COUNTS:
            some = ports[:count]
            results: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": []}
            for _ in range(rounds + 1):
                results["bare"].append(timed(lambda port: bare(folder, port), some))
                # a fresh context, as in a fresh process: keys and known hosts are read anew
                context = SshContext(folder, agent=False)
                results["ours"].append(timed(lambda port: ours(folder, context, port), some))  # noqa: B023
            one, other = min(results["bare"][1:]), min(results["ours"][1:])
            print(
                f"{count:5}  {one[0]:.2f} ({one[1]:.2f})    {other[0]:.2f} ({other[1]:.2f})"
                f"       {other[0] / one[0]:.2f}"
            )


if __name__ == "__main__":
    main()
