"""The services' own readers, applied to a text instead of a file."""

from __future__ import annotations

import configparser
import io
import lzma
import tempfile
from pathlib import Path

from oslo_config import cfg, iniparser
from paste.deploy import loadwsgi

DATA = Path(__file__).parent.parent / "data"
FACTORY = "paste.filter_factory = os:getcwd"
"""What lets PasteDeploy resolve a filter without Swift; it is never called."""


def debian(name: str) -> str:
    return lzma.decompress((DATA / f"{name}.xz").read_bytes()).decode()


def oslo_view(text: str) -> dict[str, dict[str, list[str]]] | None:
    """Return what oslo.config finds: section, option, values as written; None if it refuses."""
    sections: dict[str, dict[str, list[str]]] = {}
    normalized: dict[str, dict[str, list[str]]] = {}
    parser = cfg.ConfigParser("a file", sections)
    parser._add_normalized(normalized)
    try:
        iniparser.BaseParser.parse(parser, io.StringIO(text, newline=None))
    except iniparser.ParseError:
        return None
    return normalized


def oslo_reads(text: str, section: str, key: str) -> str | None:
    """Return what a service gets for a string option of a nova.conf."""
    conf = cfg.ConfigOpts()
    group = None if section == "DEFAULT" else section.lower()
    conf.register_opt(cfg.StrOpt(key), group=group)
    with tempfile.NamedTemporaryFile(suffix=".conf") as file:
        file.write(text.encode())
        file.flush()
        conf([], default_config_files=[file.name])
    value = conf[key] if group is None else conf[group][key]
    return None if value is None else str(value)


class SwiftInterpolation(configparser.BasicInterpolation):
    """As Swift has it since it runs on Python 3: a value without ``%(`` is left alone."""

    def before_get(self, parser, section, option, value, defaults):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
        if "%(" not in value:
            return value
        return super().before_get(parser, section, option, value, defaults)


class TextLoader(loadwsgi.ConfigLoader):
    """PasteDeploy's loader over a text."""

    def __init__(self, text: str) -> None:
        self.filename = "/a/proxy-server.conf"
        defaults = {"here": "/a", "__file__": self.filename}
        self.parser = loadwsgi.NicerConfigParser(self.filename, defaults=defaults)
        self.parser.optionxform = str
        self.parser._interpolation = SwiftInterpolation()
        self.parser.read_file(io.StringIO(text, newline=None))


def paste_view(text: str) -> dict[str, dict[str, str]] | None:
    """Return what ConfigParser finds: section, option, value as written; None if it refuses."""
    try:
        parser = TextLoader(text).parser
    except configparser.Error:
        return None
    view = {name: dict(options) for name, options in parser._sections.items()}
    view["DEFAULT"] = {
        key: value for key, value in parser._defaults.items() if key not in ("here", "__file__")
    }
    return view


def paste_gives(text: str, name: str) -> dict[str, str]:
    """Return the configuration a filter gets: what is global, and its own."""
    conf = TextLoader(text).get_context(loadwsgi.FILTER, name).config()
    return {key: value for key, value in conf.items() if key not in ("here", "__file__")}
