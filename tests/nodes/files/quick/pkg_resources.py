"""What OpenStack's services ask of pkg_resources, without its search through all packages.

Who asks for more gets the real one, which is Debian's.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib.metadata import PackageNotFoundError as DistributionNotFound
from importlib.metadata import distribution
from pathlib import Path
from typing import IO

__all__ = ["DistributionNotFound"]
__path__ = ["/usr/lib/python3/dist-packages/pkg_resources"]


class Requirement(str):
    """The name of a distribution."""

    __slots__ = ()
    parse = staticmethod(str)


get_provider = get_distribution = distribution


def resource_stream(module: str, name: str) -> IO[bytes]:
    """Return a file that lies beside a module or below it, open."""
    return Path(sys.modules[module].__file__).parent.joinpath(name).open("rb")


def __getattr__(name: str) -> object:
    if name.startswith("__"):
        raise AttributeError(name)
    place = Path(__path__[0], "__init__.py")
    spec = importlib.util.spec_from_file_location(__name__, place)
    sys.modules[__name__] = real = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(real)
    return getattr(real, name)
