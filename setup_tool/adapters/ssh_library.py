"""The SSH library, imported late and without what it does not need."""

from __future__ import annotations

import functools
import logging
import sys
from typing import Any


@functools.cache
def import_paramiko() -> Any:
    """Import paramiko without the library it needs for ``Match exec`` only (90 of 240 ms)."""
    unneeded = "invoke"
    absent = unneeded not in sys.modules
    if absent:
        sys.modules[unneeded] = None  # type: ignore[assignment]  # makes its import fail
    try:
        import paramiko
    finally:
        if absent:
            del sys.modules[unneeded]
    # what it would log are exceptions that are raised to us as well
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    return paramiko
