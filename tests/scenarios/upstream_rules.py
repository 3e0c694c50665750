"""What each release of swift3, s3api and s3token itself demands of a file, said once more.

Written from upstream's sources alone, without a look at the rules under test:

- swift3 1.7 has no check; 1.8 to 1.11: ``check_pipeline`` and ``check_filter_order`` of
  ``swift3/middleware.py``; 1.12: the same, and the pipelines of its ``README.md``.
- Swift 2.18 and later: ``check_pipeline`` of ``swift/common/middleware/s3api/s3api.py``; s3token
  of ``s3token.py`` beside it (2.38.0): ``auth_uri`` must have a scheme and a host, and is
  followed by ``/s3tokens``.
- s3token by module: ``keystonemiddleware/s3_token.py`` 1.0.0 reads ``auth_host``, ``auth_port``
  and ``auth_protocol``; 4.9.1, 4.17.0 and 4.21.0 ``auth_uri`` first; all post to
  ``/v2.0/s3tokens``, which Keystone serves on its admin port. swift3 1.11 took that over
  (``swift3/s3_token_middleware.py``); its own appends ``auth_version`` from 1.12 on
  (``etc/proxy-server.conf-sample``), where ``check_pipeline`` looks for s3token and
  keystoneauth behind swift3 alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.scenarios.reading import View

MODULES = {
    # first Swift of a series: the modules that hold s3token there
    (1, 7): {"keystone.middleware"},
    (1, 11): {"keystone.middleware", "keystoneclient.middleware"},
    (2, 0): {"keystoneclient.middleware", "keystonemiddleware"},
    (2, 8): {"keystonemiddleware"},
    (2, 18): set(),
}


USUAL = {
    "authtoken": "keystonemiddleware.auth_token:filter_factory",
    "keystoneauth": "egg:swift#keystoneauth",
    "tempauth": "egg:swift#tempauth",
}


def numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers."""
    return tuple(int(part) for part in version.split("."))


def complaint_of_swift3(pipeline: Sequence[str], view: View, version: str) -> str | None:
    """Return why that swift3 does not start, or serves nobody, with this pipeline."""
    made = [made_by(view, name) for name in pipeline]
    if made.count("egg:swift3#swift3") != 1 or "egg:swift#s3api" in made:
        return f"not one filter for S3 in {made}"
    at = made.index("egg:swift3#swift3")
    behind = list(pipeline[at + 1 :])
    if "egg:swift#tempauth" in made[at:]:
        return None
    if numbers(version) < (1, 8):
        # it does not look; but what authtoken and keystoneauth are to see must come before
        found = [m for m in made[at:] if ".s3_token:" in m or ".auth_token:" in m]
        right = len(found) == 2 and ".s3_token:" in found[0]
        return None if right and "egg:swift#keystoneauth" in made[at:] else f"{found} behind"
    if pipeline[at] != "swift3" or behind[-1] != "proxy-server":
        return "no filter swift3 before proxy-server"
    wanted = ["s3token", "authtoken", "keystoneauth"]
    found = [name for name in behind if name in wanted]
    if numbers(version) >= (1, 12):
        wanted.remove("authtoken")
    return None if found == wanted else f"{found} instead of {wanted}"


def complaint_of_s3api(pipeline: Sequence[str], view: View) -> str | None:
    """Return why s3api does not start, or serves nobody, with this pipeline."""
    made = [made_by(view, name) for name in pipeline]
    if any(each.startswith("egg:swift3") for each in made):
        return "swift3 beside s3api"
    at = list(pipeline).index("s3api")
    behind = list(pipeline[at + 1 : pipeline.index("proxy-server")])
    if "tempauth" in behind:
        return None
    found = [name for name in behind if name in {"s3token", "keystoneauth"}]
    if found != ["s3token", "keystoneauth"]:
        return f"{found} behind s3api"
    before = any(".auth_token:" in each for each in made[:at]) or "authtoken" in pipeline[:at]
    return None if before else "authtoken behind s3api"


def made_by(view: View, name: str) -> str:
    """Return the egg or factory of a filter; of one without a section the usual one."""
    options = view.get(f"filter:{name}", {})
    return options.get("use") or options.get("paste.filter_factory") or USUAL.get(name, "")


def asked_by_s3token(options: Mapping[str, str], swift: str, swift3: str) -> str:
    """Return the URL that s3token posts to; fails where that release has no such s3token."""
    use, factory = options.get("use"), options.get("paste.filter_factory")
    assert (use is None) != (factory is None), "made in two ways"
    series = max(first for first in MODULES if first <= numbers(swift))
    if use == "egg:swift#s3token":
        assert series == (2, 18)
        parts = urlsplit(options["auth_uri"])
        assert parts.scheme in {"http", "https"}
        assert parts.hostname
        return options["auth_uri"].rstrip("/") + "/s3tokens"
    if use is not None:
        assert use == "egg:swift3#s3token"
        where = options["auth_uri"].rstrip("/")
        version = options["auth_version"] if numbers(swift3) >= (1, 12) else "2.0"
        return f"{where}/v{version}/s3tokens"
    assert factory is not None
    module = factory.removesuffix(".s3_token:filter_factory")
    assert module in MODULES[series], f"{module} is not there in Swift {swift}"
    if series < (2, 8):
        where = f"{options['auth_protocol']}://{options['auth_host']}:{options['auth_port']}"
    else:
        # 4.9.1 to 4.21.0 leave a slash at its end
        where = options["auth_uri"]
    return f"{where}/v2.0/s3tokens"
