"""``.euca/euca2ools.ini``: the keys and endpoints that euca2ools 3 reads without an eucarc.

euca2ools reads every ``~/.euca/*.ini``, or what ``EUCA_CONFIG_PATH`` names, with Python 2's
SafeConfigParser (`requestbuilder.config`): ``%`` begins an interpolation, and a semicolon
after a blank a comment. It has no option for a file of certificates.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from setup_tool.editors.client.client import Client, ClientFile
from setup_tool.editors.client.ini import Grammar, check_readable, merged_text, parse
from setup_tool.editors.client.settings import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from setup_tool.core.secret import Text

_PATH = ".euca/euca2ools.ini"
_UNREADABLE = re.compile(r'([\w-]+) = (?:.*\s;.*|""|use(?: .*)?)')
"""Python 2 cuts a value off at `` ;``; ``use NAME`` takes it from another section."""

_KEPT = ("default-region",)
"""Which cloud is used when none is named stays the owner's choice."""


def merge(before: str, declared: Text, *, name: str) -> Text:
    """See `client.Merge`."""
    why = "has a blank and a semicolon in it, is a pair of quotes, or begins with `use`"
    check_readable(declared, _UNREADABLE, client="euca2ools", why=why, name=name)
    return merged_text(before, declared, Grammar.PYTHON, name=name, kept=_KEPT)


def _mark(texts: Mapping[str, str], profile: str, directory: str) -> Mark | None:
    file = parse(texts.get(_PATH, ""), Grammar.PYTHON, name=f"{directory}/{_PATH}")
    region = f"region {profile}"
    access = file.get(f"user {profile}", "key-id")
    s3, ec2 = file.get(region, "s3-url"), file.get(region, "ec2-url")
    if access is None and s3 is None and ec2 is None:
        return None
    what = f"the region {profile} with the access key {access}" if access else f"a {region}"
    return Mark(access, s3, ec2, what)


EUCA2OOLS = Client("euca2ools", (ClientFile(_PATH, "euca2ools.ini.j2", merge),), _mark)
