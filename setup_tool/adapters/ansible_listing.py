"""``ansible-inventory --list``: inventories that only Ansible can read."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from typing import Any

from setup_tool.core.errors import DeclarationError

_PROGRAM = "ansible-inventory"
TIMEOUT = 120.0
"""Seconds; a script or plugin may ask a cloud."""


def list_with_ansible(path: str, reason: str, timeout: float = TIMEOUT) -> dict[str, Any]:
    """Return what ``ansible-inventory --list`` says of an inventory.

    ``reason`` is the sentence that says why it is needed. Ansible's own configuration holds:
    its vault passwords are found as ever, but nothing is asked on the terminal.

    Raises `DeclarationError` when it is not installed, fails, or takes longer than
    ``timeout`` seconds. Its output is not quoted: it may show lines with passwords.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        raise DeclarationError(
            f"{reason} Reading it takes {_PROGRAM}, which is not installed. Install ansible-core, "
            f"or write the inventory in plain YAML: `{_PROGRAM} -i {path} --list --yaml`, run "
            "where Ansible is, prints it so."
        )
    status, output, errors = _run([program, f"--inventory={path}", "--list"], path, timeout)
    advice = f"Run `{_PROGRAM} -i {path} --list` to see its whole message."
    if "vault" in errors:
        advice += " Vault passwords are found through ANSIBLE_VAULT_PASSWORD_FILE or ansible.cfg."
    if status != 0:
        raise DeclarationError(
            f"{reason} {_PROGRAM} could not read it ({summary(errors, status)}). {advice}"
        )
    try:
        document = json.loads(output)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise DeclarationError(f"{reason} {_PROGRAM} printed no listing. {advice}")
    return document


def _run(command: list[str], path: str, timeout: float) -> tuple[int, str, str]:
    """Run a program in a session of its own, so that it cannot ask on the terminal."""
    environment = os.environ | {
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_FORCE_COLOR": "0",
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
    }
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise DeclarationError(
                    f"{_PROGRAM} did not read {path} within {timeout:g} seconds and was stopped."
                ) from None
            raise
    return process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")


def summary(errors: str, status: int) -> str:
    """Return the gist of Ansible's message, without the parts it quotes from the inventory."""
    line = next((text for text in errors.splitlines() if text.startswith(("ERROR", "[ERROR]"))), "")
    gist = re.sub(r"^\[?ERROR\]?[!:]*\s*", "", line)
    gist = re.split(r"['\"`]|\bgot\b|\bline:", gist)[0].strip(" :,.")
    return gist or f"exit status {status}"
