"""What ``ec2`` in ``enabled_apis`` does to a nova that has no EC2 API any more."""

from __future__ import annotations

from setup_tool.declare.releases import is_at_least

_WARNS_SINCE = "13.1"
"""nova 13.1.0: an API that api-paste.ini does not have is warned of (``nova/cmd/api.py``)."""

_REFUSES_SINCE = "15"
"""Ocata: ``enabled_apis`` takes osapi_compute and metadata only (``nova/conf/service.py``)."""

_WITHOUT_OPTION_SINCE = "32"
"""Flamingo: nova-api runs under a WSGI server only, and ``enabled_apis`` is gone."""

INSTEAD = "EC2 is possible there by a service of its own only: `ec2: standalone`."


def harm_of_ec2(release: str) -> str:
    """Return what a nova from 13 on makes of ``ec2`` in ``enabled_apis``, as a sentence."""
    none = f"nova {release} has no EC2 API (it was removed in 13, Mitaka)"
    if is_at_least(release, _WITHOUT_OPTION_SINCE):
        return f"{none} and does not read this option any more, so that the line does nothing."
    if is_at_least(release, _REFUSES_SINCE):
        return (
            f'{none} and does not start with it: "Valid values are [osapi_compute, metadata], '
            "but found 'ec2'\". Under uwsgi or Apache its unit is active and its port open all "
            "the same, and every request is answered with 500."
        )
    if is_at_least(release, _WARNS_SINCE):
        return f"{none}; nova-api warns of it and serves the rest, and will not start with 15."
    return f"{none}, and nova-api ends at its start because of it."
