"""The program's first lines: from here on Ctrl-C ends in an exit status, not in a traceback."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line; what is imported here takes most of a run's first tenth of a second."""
    try:
        from setup_tool.cli.main import main as run

        run()
    except KeyboardInterrupt:
        print("setup-tool: Interrupted.", file=sys.stderr)  # noqa: T201 - typer may be half imported
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
