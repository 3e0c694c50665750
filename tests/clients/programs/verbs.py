"""How a program that uses a library is told what to do: `PROGRAM VERB WORD...`, JSON comes out."""

from __future__ import annotations

import json
import sys


def obey(client: object) -> None:
    """Have the client do what the command line says; print what it returns."""
    verb, *words = sys.argv[1:]
    json.dump(getattr(client, verb)(*words), sys.stdout)
