"""What a service tells of its regions and of what is in a project."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from setup_tool.verify.answer import shown, texts, value
from setup_tool.verify.check import UnmetError
from setup_tool.verify.ec2.answer import expect

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from setup_tool.verify.ec2.subject import Subject

_MOST = 5
"""Names shown of a list."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def regions(subject: Subject, *, version: str = "v4", method: str = "POST") -> str:
    """Have the regions listed; there must be one."""
    session = replace(subject.session, version=version, method=method)
    root = expect(session.send("DescribeRegions"), "DescribeRegions")
    names = texts(root, "regionInfo/item/regionName")
    if not names:
        raise UnmetError("The list of regions is empty.")
    return _listed("region", names)


def endpoints_agree(subject: Subject, published_region: str | None) -> str:
    """Compare the region's endpoint, as the service has it, with the URL that was asked."""
    root = subject.ask("DescribeRegions")
    told = {
        value(item, "regionName"): value(item, "regionEndpoint")
        for item in root.iterfind("regionInfo/item")
    }
    if published_region is not None and published_region not in told:
        raise UnmetError(
            f"The catalogue has this endpoint in region {published_region}; the service knows "
            f"{_listed('region', tuple(told))}.",
            hint="Set region_list of ec2-api, or the endpoint's region, so that both agree.",
        )
    for name, endpoint in told.items():
        if published_region in {None, name} and _same(endpoint, subject.session.url):
            return f"{shown(name)} at {shown(endpoint)}"
    signed = subject.session.region
    wanted = published_region or (signed if signed in told else next(iter(told), ""))
    raise UnmetError(
        f"The service says that {shown(wanted) or 'no region'} is at "
        f"{shown(told.get(wanted, '')) or 'no URL'}.",
        hint="Programs that ask for the regions first go there. nova's EC2 and ec2-api take it "
        "from ec2_scheme, ec2_host, ec2_port and ec2_path: set them to the published URL.",
    )


def zones(subject: Subject) -> str:
    """Have the availability zones listed; one must be available."""
    root = subject.ask("DescribeAvailabilityZones")
    found = root.findall("availabilityZoneInfo/item")
    available = [
        value(item, "zoneName")
        for item in found
        if value(item, "zoneState") == "available" and value(item, "zoneName")
    ]
    if not available:
        raise UnmetError(f"None of {len(found)} availability zones is available.")
    subject.zone = available[0]
    return _listed("zone", available)


def described(subject: Subject, action: str, what: str, path: str, *, version: str = "v4") -> str:
    """Have everything of a kind listed; there may be none."""
    root = subject.ask(action, version=version)
    return _listed(what, texts(root, path), shown_names=False)


def _listed(what: str, names: tuple[str, ...] | list[str], *, shown_names: bool = True) -> str:
    ending = "es" if what.endswith("s") else "s"
    number = f"{len(names):,} {what}{'' if len(names) == 1 else ending}"
    if not shown_names or not names:
        return number
    more = ", ..." if len(names) > _MOST else ""
    return f"{number}: {shown(', '.join(names[:_MOST]))}{more}"


def _same(told: str, asked: str) -> bool:
    """Tell whether two URLs lead to the same place; EC2 itself tells hosts without a scheme."""
    if "://" not in told:
        return told.lower() == (urlsplit(asked).netloc or "").lower()
    return _place(urlsplit(told)) == _place(urlsplit(asked))


def _place(url: SplitResult) -> tuple[str, str, int | None, str]:
    try:
        port = url.port or _DEFAULT_PORTS.get(url.scheme)
    except ValueError:
        port = None
    return url.scheme, url.hostname or "", port, url.path.rstrip("/")
