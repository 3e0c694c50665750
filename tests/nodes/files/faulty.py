"""A filter of an operator's own, which does no harm until setup-tool's file is read."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    App = Callable[[dict[str, Any], Callable[..., Any]], Any]

_WRITTEN = "\ndelay_auth_decision = false\n"


def filter_factory(global_conf: dict[str, str], fault: str, **_: str) -> Callable[[App], App]:
    """Make the filter; ``fault`` is shown where the file is as setup-tool writes it."""
    shown = _WRITTEN in Path(global_conf["__file__"]).read_text(encoding="utf-8")

    def factory(app: App) -> App:
        def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            if shown and fault == "dies":
                os.kill(os.getppid(), signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)
            if (
                shown
                and fault == "refuses"
                and "X-Amz-Signature" in environ.get("QUERY_STRING", "")
            ):
                start_response("503 Service Unavailable", [])
                return [b""]
            return app(environ, start_response)

        return serve

    return factory
