"""The program's first lines: from here on Ctrl-C ends in an exit status, not in a traceback."""

from __future__ import annotations

import gc
import sys

_INTERRUPTED = 130
_SELDOM = 100_000
"""Objects made since garbage was last looked for. What is imported stays, and looking through it
again and again, and once more at the end, takes a fifth of a short run's processor time."""


def main() -> None:
    """Run the command line; what is imported here takes most of a run's first tenth of a second."""
    gc.set_threshold(_SELDOM)
    try:
        from setup_tool.cli.main import main as run

        run()
    except KeyboardInterrupt:
        print("setup-tool: Interrupted.", file=sys.stderr)  # noqa: T201 - typer may be half imported
        sys.exit(_INTERRUPTED)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
