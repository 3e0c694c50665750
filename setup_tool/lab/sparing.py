"""What the lab's servers are spared: work that nobody sees, and a good part of what they do.

It is taken out of the installed packages of the lab's own environments, and of no others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SPARED = {
    # Who waits for its workers through eventlet asks a hundred times a second whether they still
    # live, which is all that an idle proxy of Swift's does.
    "eventlet/green/os.py": ("greenthread.sleep(0.01)", "greenthread.sleep(0.2)"),
    # Keystone reads the schemas of SAML at each start, which is a third of it; no lab has SAML.
    "saml2/xml/schema/__init__.py": ("return _XMLSchema(source, **kwargs)", "return None"),
    # Whoever has a session with Keystone loads a profiler for requests, which is never turned on.
    "keystoneauth1/session.py": (
        "import osprofiler.web as osprofiler_web  # type: ignore[import-not-found]",
        "osprofiler_web = None",
    ),
    # Who imports this compiles 400 expressions, for secrets in what is hardly ever logged.
    "oslo_utils/strutils.py": (
        "re.compile(pattern % {'key': key}, re.DOTALL | re.IGNORECASE)",
        "'(?si)' + pattern % {'key': key}",
    ),
    # Swift looks for a library that it has from another package, with the compiler where it can.
    "swift/common/utils/checksum.py": ("ctypes.util.find_library('isal')", "None"),
}
"""Of a module, where it is installed: what is replaced in it, and by what."""


def spare(packages: Path) -> None:
    """Change the modules in the folder where packages are installed.

    Raises:
        LookupError: a package is another release than this was written for.
    """
    for name, (old, new) in SPARED.items():
        module = packages / name
        if not module.exists():
            continue
        text = module.read_text(encoding="utf-8")
        if old not in text:
            raise LookupError(f"{module}: {old}")
        # an installer's own copy may be the same file under another name
        module.unlink()
        module.write_text(text.replace(old, new), encoding="utf-8")
