"""Modules that are loaded when something of them is asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


class _Later(ModuleType):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


chardet = _Later("chardet")
