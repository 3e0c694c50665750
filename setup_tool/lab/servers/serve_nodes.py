"""Serve the lab's nodes over SSH on loopback: real commands in each node's folder.

usage: serve_nodes.py NODES KEYS SESSION_LOG NAME=PORT...

The keys are made in KEYS on the first start: ``user`` for the client, ``NAME`` for
each node, and ``known_hosts``. The only user is the one this process runs as.

A command runs as OpenSSH would run it: through ``/bin/sh -c``, in a session of its
own, on a terminal where the client asks for one, and its channel stays open until it
has ended and nobody holds its outputs. When the connection is lost the shell, and
only it, gets HUP; what it has detached lives on.

SESSION_LOG gets a JSON object a line: ``time``, ``node``, ``event`` (connection: a
client came to log in; refused: a key was; exec; sftp) and ``connection``, a number
that counts up. Command lines are not logged.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import pwd
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh

KEX = ("curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256")
"""Without the post-quantum ones, which cost three times the processor time."""

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CHUNK = 65536
NUMBER = "lab_connection_number"

Log = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its name, folder and port."""

    name: str
    folder: Path
    port: int

    def environment(self) -> dict[str, str]:
        """Return what a command finds in its environment; nothing of the caller's."""
        user = pwd.getpwuid(os.getuid()).pw_name
        return {
            "PATH": f"{self.folder}/bin:{SYSTEM_PATH}",
            "HOME": str(self.folder),
            "USER": user,
            "LOGNAME": user,
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "SETUP_TOOL_LAB": os.environ["SETUP_TOOL_LAB"],
        }


class Server(asyncssh.SSHServer):  # type: ignore[misc,unused-ignore]
    """Lets in one user with one key, and logs who comes."""

    def __init__(self, user_key: Any, log: Log, numbers: Iterator[int]) -> None:
        self._user_key, self._log, self._numbers = user_key, log, numbers
        self._connection: Any = None

    def connection_made(self, conn: Any) -> None:
        """Remember whose server this is."""
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        """Ask everybody for a proof; one who got this far speaks SSH and is logged, once."""
        del username
        if self._connection.get_extra_info(NUMBER) is None:
            self._connection.set_extra_info(**{NUMBER: next(self._numbers)})
            self._log("connection", self._connection)
        return True

    def public_key_auth_supported(self) -> bool:
        """Offer public keys and nothing else."""
        return True

    def validate_public_key(self, username: str, key: Any) -> bool:
        """Accept the client key for the user this process runs as."""
        accepted = username == pwd.getpwuid(os.getuid()).pw_name and bool(key == self._user_key)
        if not accepted:
            self._log("refused", self._connection)
        return accepted


def session_log(path: Path, node: Node) -> Log:
    """Return the function that writes a node's events, each line at once."""
    file = path.open("a", buffering=1, encoding="utf-8")

    def log(event: str, connection: Any) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        number = connection.get_extra_info(NUMBER)
        entry = {"time": now, "node": node.name, "event": event, "connection": number}
        file.write(json.dumps(entry) + "\n")

    return log


async def run(node: Node, log: Log, process: Any) -> None:
    """Run one command (or a shell that reads its commands) for a client."""
    log("exec", process.get_extra_info("connection"))
    start = spawn if process.term_type is None else spawn_at_terminal
    child, stdin, stdout, stderr = await start(node, process.command)
    feeding = asyncio.create_task(feed(process, stdin))
    finished = asyncio.gather(
        child.wait(), drain(stdout, process.stdout), drain(stderr, process.stderr)
    )
    lost = asyncio.create_task(process.wait_closed())
    await asyncio.wait([finished, lost], return_when=asyncio.FIRST_COMPLETED)
    feeding.cancel()
    status = child.returncode
    if not finished.done():
        finished.cancel()  # which closes the outputs: a command that writes gets SIGPIPE
        if status is None:
            child.send_signal(signal.SIGHUP)
            await child.wait()
    elif status is None or status >= 0:
        process.exit(status or 0)
    else:
        process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
    await asyncio.gather(finished, lost, return_exceptions=True)


async def spawn(
    node: Node, command: str | None
) -> tuple[asyncio.subprocess.Process, int, int, int]:
    """Start a command; return it with our ends of its stdin, stdout and stderr.

    The pipes are our own, because asyncio kills a process whose pipes it closes.
    """
    stdin, ours_in = os.pipe()
    ours_out, stdout = os.pipe()
    ours_err, stderr = os.pipe()
    words = ["/bin/sh"] if command is None else ["/bin/sh", "-c", command]
    child = await execute(node, words, stdin, stdout, stderr)
    return child, ours_in, ours_out, ours_err


async def spawn_at_terminal(
    node: Node, command: str | None
) -> tuple[asyncio.subprocess.Process, int, int, int]:
    """Start a command on a terminal; return the same as `spawn`."""
    ours, terminal = os.openpty()
    ours_err, stderr = os.pipe()
    os.close(stderr)  # a terminal has one output
    # a leader of a session without a terminal gets the one that it opens (tty(4))
    words = ["/bin/sh", "-c", 'exec <>"$1" >&0 2>&0; exec /bin/sh ${2+-c "$2"}', "sh"]
    words += [os.ttyname(terminal), *([] if command is None else [command])]
    child = await execute(node, words, terminal, os.dup(terminal), os.dup(terminal))
    return child, os.dup(ours), ours, ours_err


async def execute(
    node: Node, words: list[str], stdin: int, stdout: int, stderr: int
) -> asyncio.subprocess.Process:
    """Start a process in a session of its own on descriptors, which are closed here."""
    child = await asyncio.create_subprocess_exec(
        *words,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        cwd=node.folder,
        env=node.environment(),
        start_new_session=True,
        umask=0o022,
    )
    for descriptor in (stdin, stdout, stderr):
        os.close(descriptor)
    return child


async def feed(process: Any, descriptor: int) -> None:
    """Copy what the client sends to the command's stdin, and its end."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(descriptor, "wb")
    )
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    try:
        while chunk := await process.stdin.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except (OSError, asyncssh.Error):
        pass  # the command reads no more, or the client is gone
    finally:
        writer.close()


async def drain(descriptor: int, target: Any) -> None:
    """Copy one of the command's outputs to the client until all its holders closed it."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
    )
    try:
        while chunk := await reader.read(CHUNK):
            target.write(chunk)
            await target.drain()
    except (OSError, asyncssh.Error):
        pass  # the client is gone; the command gets SIGPIPE when it writes
    finally:
        transport.close()


class Files(asyncssh.SFTPServer):  # type: ignore[misc,unused-ignore]
    """SFTP over the real file system; a relative path is within the node's folder."""

    node: Node
    log: Log

    def __init__(self, channel: Any) -> None:
        super().__init__(channel)
        type(self).log("sftp", channel.get_connection())

    def map_path(self, path: bytes) -> bytes:
        """Return the real path for what the client named."""
        return os.path.join(os.fsencode(self.node.folder), path)  # noqa: PTH118


def make_keys(keys: Path, nodes: list[Node]) -> None:
    """Write the keys that are missing, and the client's known_hosts."""
    for name in ("user", *(node.name for node in nodes)):
        if not (keys / name).exists():
            key = asyncssh.generate_private_key("ssh-ed25519", comment=f"lab {name}")
            key.write_public_key(str(keys / f"{name}.pub"))
            key.write_private_key(str(keys / name))
    lines = [
        f"[127.0.0.1]:{node.port} {' '.join((keys / f'{node.name}.pub').read_text().split()[:2])}\n"
        for node in nodes
    ]
    (keys / "known_hosts").write_text("".join(lines))


async def main() -> None:
    """Listen for every node and serve for ever."""
    # a handler, unlike nohup's SIG_IGN, is not inherited
    signal.signal(signal.SIGHUP, lambda *_: None)
    folder, keys, log_path = map(Path, sys.argv[1:4])
    pairs = (argument.partition("=") for argument in sys.argv[4:])
    nodes = [Node(name, folder / name, int(port)) for name, _, port in pairs]
    make_keys(keys, nodes)
    user_key = asyncssh.read_public_key(str(keys / "user.pub"))
    numbers = itertools.count(1)
    for node in nodes:
        await listen(node, keys, user_key, session_log(log_path, node), numbers)
    await asyncio.Event().wait()


async def listen(node: Node, keys: Path, user_key: Any, log: Log, numbers: Iterator[int]) -> None:
    """Open one node's port."""
    files = type("NodeFiles", (Files,), {"node": node, "log": staticmethod(log)})
    await asyncssh.listen(
        "127.0.0.1",
        node.port,
        server_host_keys=[str(keys / node.name)],
        server_factory=lambda: Server(user_key, log, numbers),
        process_factory=lambda process: run(node, log, process),
        sftp_factory=files,
        encoding=None,
        kex_algs=KEX,
        line_editor=False,
        agent_forwarding=False,
        x11_forwarding=False,
    )


if __name__ == "__main__":
    asyncio.run(main())
