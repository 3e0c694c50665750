"""Logs on stderr, with a net beneath for secrets."""

from __future__ import annotations

import logging
import re
import sys

_LIBRARIES = ("keystoneauth", "keystoneclient", "urllib3", "botocore", "paramiko", "openstack")
_MASKED = re.compile(
    r"""(?ix)
    (\b(?:password|passwd|secret(?:_key)?|access_secret|token|x-auth-token|x-subject-token
       |authorization|signature|x-amz-signature)["']?\s*[:=]\s*["']?)
    ([^\s"',&}]+(?:\ [A-Za-z0-9+/=:_-]{8,})?)
    """
)


class SecretFilter(logging.Filter):
    """Masks what looks like a secret in every record, whoever wrote it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's message by its masked text; drops nothing."""
        record.msg = _MASKED.sub(r"\1********", record.getMessage())
        record.args = ()
        return True


def set_verbosity(count: int) -> int:
    """Log to stderr: warnings, with ``-v`` information, with ``-vv`` our own details too.

    Libraries that would log requests and their secrets stay above DEBUG at any count.
    """
    level = {0: logging.WARNING, 1: logging.INFO}.get(count, logging.DEBUG)
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(SecretFilter())
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    return count
