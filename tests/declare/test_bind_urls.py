"""What addresses and release numbers are read as."""

from __future__ import annotations

import json

import pytest

from setup_tool.core.facts import HttpFact
from setup_tool.core.identity import CatalogueFact, EndpointRecord, ServiceRecord
from setup_tool.declare.urls import bound, catalogue_urls, host, port, root, without_version
from setup_tool.declare.versions import release_of, swift3_from_info, swift_from_info


@pytest.mark.parametrize(
    ("url", "origin", "name", "number"),
    [
        ("http://cloud:8080/v1/AUTH_%(tenant_id)s", "http://cloud:8080", "cloud", 8080),
        ("https://cloud/identity/v3", "https://cloud", "cloud", 443),
        ("http://cloud", "http://cloud", "cloud", 80),
        ("http://[2001:db8::1]:8774/v2", "http://[2001:db8::1]:8774", "[2001:db8::1]", 8774),
    ],
)
def test_a_url_has_an_origin_a_host_and_a_port(
    url: str, origin: str, name: str, number: int
) -> None:
    assert (root(url), host(url), port(url)) == (origin, name, number)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (None, "http://127.0.0.1:8080"),
        ("", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),  # noqa: S104 - read, not bound
        ("::", "http://[::1]:8080"),
        (" 192.0.2.1 ", "http://192.0.2.1:8080"),
        ("2001:db8::1", "http://[2001:db8::1]:8080"),
        ("proxy.example.org", "http://proxy.example.org:8080"),
    ],
)
def test_a_service_is_asked_where_it_listens(address: str | None, url: str) -> None:
    assert bound(address, 8080) == url
    assert bound(address, 8080, "https") == url.replace("http:", "https:")


@pytest.mark.parametrize(
    "url", ["http://k:5000", "http://k:5000/", "http://k:5000/v3", "http://k:5000/v2.0/"]
)
def test_keystone_is_found_without_its_version(url: str) -> None:
    assert without_version(url) == "http://k:5000"


def test_a_path_before_the_version_is_kept() -> None:
    assert without_version("https://cloud/identity/v3/") == "https://cloud/identity"


def catalogue(*endpoints: tuple[str, str, str, bool]) -> CatalogueFact:
    """Endpoints as service, interface, URL, enabled; the service ``off`` is disabled."""
    return CatalogueFact(
        regions=("RegionOne",),
        services=(
            ServiceRecord("on", "compute", "nova", enabled=True),
            ServiceRecord("off", "compute", "nova", enabled=False),
            ServiceRecord("other", "image", "glance", enabled=True),
        ),
        endpoints=tuple(
            EndpointRecord(str(number), service, interface, "RegionOne", url, enabled)
            for number, (service, interface, url, enabled) in enumerate(endpoints)
        ),
    )


@pytest.mark.parametrize(
    ("endpoints", "urls"),
    [
        ([], {}),
        ([("on", "public", "http://a", True)], {"public": "http://a"}),
        ([("on", "public", "http://a", False)], {}),
        ([("off", "public", "http://a", True)], {}),
        ([("other", "public", "http://a", True)], {}),
        (
            [("on", "admin", "http://a", True), ("on", "internal", "http://b", True)],
            {"admin": "http://a", "internal": "http://b"},
        ),
        ([("on", "public", "http://a", True), ("on", "public", "http://b", True)], {}),
        (
            [("on", "public", "http://a", True), ("on", "public", "http://a", True)],
            {"public": "http://a"},
        ),
        (
            [("on", "public", "http://a", True), ("on", "public", "http://b", False)],
            {"public": "http://a"},
        ),
    ],
)
def test_an_interface_has_the_one_url_that_clients_may_find(
    endpoints: list[tuple[str, str, str, bool]], urls: dict[str, str]
) -> None:
    found = catalogue(*endpoints)
    assert catalogue_urls(found, "compute", "RegionOne") == urls
    assert catalogue_urls(found, "compute", "RegionTwo") == {}


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("2:26.2.2-1~deb12u3", "26.2.2"),
        ("2.30.1-0+deb12u3", "2.30.1"),
        ("1:2015.1.2-0ubuntu2~cloud0", "2015.1.2"),
        ("2:13.0.0~rc1-0ubuntu1", "13.0.0"),
        ("13.0.0.0b3", "13.0.0.0"),
        ("2.38.3.dev4", "2.38.3"),
        ("v2.38.3\n", "2.38.3"),
        (" 28 ", "28"),
        ("master", None),
        ("", None),
    ],
)
def test_a_release_is_read_out_of_what_packages_are_called(text: str, release: str | None) -> None:
    assert release_of(text) == release


@pytest.mark.parametrize(
    ("answer", "release"),
    [
        (None, None),
        (HttpFact(200, json.dumps({"swift": {"version": "2.38.3"}}).encode()), "2.38.3"),
        (HttpFact(401, json.dumps({"swift": {"version": "2.38.3"}}).encode()), None),
        (HttpFact(problem="connection refused"), None),
        (HttpFact(200, b"<html>"), None),
        (HttpFact(200, b"\xff\xfe{"), None),
        (HttpFact(200, b"[]"), None),
        (HttpFact(200, b'{"swift": null}'), None),
        (HttpFact(200, b'{"swift": {"version": 2}}'), "2"),
        (HttpFact(200, b'{"swift": {"version": null}}'), None),
    ],
)
def test_swift_tells_its_release_where_its_info_is_open(
    answer: HttpFact | None, release: str | None
) -> None:
    assert swift_from_info(answer) == release


def test_info_tells_of_swift3_as_well() -> None:
    body = b'{"swift": {"version": "2.15.2"}, "swift3": {"version": "1.11.1.dev5"}}'
    assert swift3_from_info(HttpFact(200, body)) == "1.11.1"
    assert swift3_from_info(HttpFact(200, b'{"swift": {"version": "2.15.2"}}')) is None
