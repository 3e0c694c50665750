"""Run the program in a process that is ready for it, and be in its stead.

usage: client.py SOCKET WORD...    environment, files, working directory and network are ours

Signals are passed on, and the run does not outlive us.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
caller.connect(sys.argv[1])
umask = os.umask(0)
os.umask(umask)
asked = {
    "words": sys.argv[2:],
    "environment": dict(os.environ),
    "folder": os.getcwd(),  # noqa: PTH109 - pathlib would have to be loaded for it
    "umask": umask,
    "network": f"/proc/{os.getpid()}/ns/net",
}
socket.send_fds(caller, [json.dumps(asked).encode()], [0, 1, 2])
caller.recv(16)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, _: caller.send(str(number).encode()))
status = int(caller.recv(16))
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
sys.exit(status)
