"""``index.html``: complete in itself, sound, without the secret key unless it is asked for."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from tinyhtml5.parser import HTMLParser

from setup_tool.core.credential import CloudUrls, Owner
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import masked
from setup_tool.credentials.clients import CLIENTS, chosen, paths
from setup_tool.editors.client.quoting import csp_hash
from tests.credentials.samples import (
    ACCESS,
    ALICE,
    ODD,
    OF_V2,
    S3_ALONE,
    SECRET,
    URLS,
    contents,
    texts,
)

IN_V2 = replace(ALICE, user_domain=None, project_domain=None)
EC2_ALONE = replace(URLS, s3=None)
CASES = [(ALICE, URLS), (ODD, S3_ALONE), (IN_V2, OF_V2), (ODD, EC2_ALONE)]
WITH_SECRET = {"clients": chosen((), secret_in_page=True)}
every_cloud = pytest.mark.parametrize(("owner", "urls"), CASES)


class Page:
    """The page as a browser builds it."""

    def __init__(self, owner: Owner = ALICE, urls: CloudUrls = URLS, **options: Any) -> None:
        self.source = texts(owner, urls, **options)["index.html"]
        parser = HTMLParser(namespace_html_elements=False)
        self.root = parser.parse(self.source)
        self.errors = parser.errors

    def all(self, name: str = "*", **attributes: str) -> list[Element]:
        return [
            found
            for found in self.root.iter(None if name == "*" else name)
            if isinstance(found.tag, str)
            and all(
                value in (found.get(key.strip("_")) or "").split()
                for key, value in attributes.items()
            )
        ]

    def one(self, name: str = "*", **attributes: str) -> Element:
        (found,) = self.all(name, **attributes)
        return found

    @property
    def links_elsewhere(self) -> set[str]:
        """What it links to that is no place in it."""
        ids = {f"#{found.get('id')}" for found in self.all() if found.get("id")}
        return {link.get("href") for link in self.all() if link.get("href") is not None} - ids

    @property
    def commands(self) -> Iterator[str]:
        for block in self.all("pre"):
            yield from said(block).splitlines()


def said(element: Element) -> str:
    return "".join(element.itertext())


@every_cloud
@pytest.mark.parametrize("options", [{}, WITH_SECRET], ids=["plain", "with-secret"])
def test_it_is_html_without_a_mistake(
    owner: Owner, urls: CloudUrls, options: dict[str, Any]
) -> None:
    page = Page(owner, urls, **options)
    assert page.errors == []
    assert page.one("html").get("lang") == "en"
    assert said(page.one("title")).strip()
    ids = [found.get("id") for found in page.all() if found.get("id")]
    assert len(ids) == len(set(ids))


@every_cloud
def test_it_loads_nothing_and_leads_nowhere_else(owner: Owner, urls: CloudUrls) -> None:
    page = Page(owner, urls, **WITH_SECRET)
    assert page.links_elsewhere == {"data:,"}
    for loading in ("src", "srcset", "action", "data", "poster", "background", "style", "onclick"):
        assert [found for found in page.all() if found.get(loading) is not None] == []
    assert not re.search(r"url\(|@import|@font-face", said(page.one("style")))
    assert not re.search(r"fetch|XMLHttp|import\b|WebSocket|eval", said(page.one("script")))


def test_its_policy_allows_its_own_style_and_script_alone() -> None:
    page = Page(**WITH_SECRET)
    (policy,) = (meta for meta in page.all("meta") if meta.get("http-equiv"))
    assert policy.get("http-equiv") == "Content-Security-Policy"
    assert policy.get("content") == (
        "default-src 'none'; "
        f"style-src '{csp_hash(said(page.one('style')))}'; "
        f"script-src '{csp_hash(said(page.one('script')))}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@every_cloud
def test_the_secret_key_is_not_in_it_unless_it_is_asked_for(owner: Owner, urls: CloudUrls) -> None:
    assert all(isinstance(part, str) for part in contents(owner, urls)["index.html"])
    assert Page(owner, urls).all("details") == []


def test_the_secret_key_that_was_asked_for_stands_once_behind_a_button() -> None:
    assert masked(contents(**WITH_SECRET)["index.html"]).count("*" * 8) == 1
    page = Page(**WITH_SECRET)
    details = page.one("details")
    assert details.get("open") is None
    assert [
        said(value) for value in details.iter("span") if value.get("class") == "value text"
    ] == [SECRET]


def test_the_secret_key_cannot_be_asked_for_without_the_page() -> None:
    with pytest.raises(DeclarationError, match="Add --client page"):
        chosen(["s3cmd"], secret_in_page=True)
    assert [client.name for client in chosen(["page"], secret_in_page=True)] == ["page"]


def test_names_with_markup_stay_names() -> None:
    page = Page(ODD)
    assert ODD.user in said(page.one("h1"))
    assert len(page.all("script")) == 1
    assert page.all("b") == page.all("i") == []
    values = {said(value) for value in page.all("span", class_="value")}
    assert {ODD.user, ODD.project.replace("\n", "?")} <= values


def test_it_says_whose_key_it_is_and_where_it_is_used() -> None:
    key = Page().one("section", class_="key")
    facts = {said(row[0]): said(row[1][0]) for row in key.iter("div") if row.get("class") is None}
    assert facts == {
        "Access key": ACCESS,
        "Secret key": "/it's <here>/.aws/credentials",
        "S3 endpoint": "https://s3.example.org",
        "EC2 endpoint": "https://ec2.example.org:8788/services/Cloud",
        "Region": "gateway-1",
        "Profile": "demo",
        "Certificate authority": "/etc/ssl/my ca.pem",
        "Folder of these files": "/it's <here>",
    }


def test_every_file_of_the_bundle_is_spoken_of() -> None:
    page = Page(directory="/home/alice")
    files = sorted(contents().keys() - {"index.html"})
    assert [path for path in files if f"/home/alice/{path}" not in said(page.one("main"))] == []


def test_nothing_is_said_of_a_service_that_is_not_there() -> None:
    assert {"hybridfox", "cloudberry", "cyberduck"} <= {
        client.get("id") for client in Page().all("section", class_="client")
    }
    without = Page(urls=S3_ALONE)
    assert "EC2" not in said(without.one("body"))
    assert "hybridfox" not in without.source.lower()
    assert "s3://" not in Page(urls=EC2_ALONE).source


def test_a_gateway_without_tls_is_warned_of() -> None:
    assert Page().all("p", class_="warn") == []
    assert "plain HTTP" in said(Page(urls=S3_ALONE).one("p", class_="warn"))


@pytest.mark.parametrize("names", [[client.name] for client in CLIENTS if client.name != "page"])
def test_only_files_that_were_issued_are_spoken_of(names: list[str]) -> None:
    clients = chosen([*names, "page"])
    page = Page(directory="/home/alice", clients=clients)
    assert page.errors == []
    assert page.links_elsewhere == {"data:,"}
    others = set(paths(CLIENTS, "demo")) - set(paths(clients, "demo"))
    assert [path for path in sorted(others) if f"/home/alice/{path}" in page.source] == []


def test_the_paths_in_commands_are_single_words_of_the_shell() -> None:
    commands = list(Page().commands)
    assert shlex.split(next(line for line in commands if line.startswith(". "))) == [
        ".",
        "/it's <here>/eucarc",
    ]
    (ls,) = (line for line in commands if line.startswith("s3cmd -c"))
    assert shlex.split(ls) == ["s3cmd", "-c", "/it's <here>/.s3cfg", "ls"]


def test_without_its_script_there_is_no_button_that_does_nothing() -> None:
    buttons = Page(**WITH_SECRET).all("button")
    assert len(buttons) > 20
    assert [button for button in buttons if button.get("hidden") is None] == []


def test_what_is_heard_is_what_is_seen() -> None:
    page = Page(**WITH_SECRET)
    for client in page.all("section", class_="client"):
        heading = page.one("h3", id=client.get("aria-labelledby"))
        assert said(heading).strip()
    assert all(button.get("aria-label") for button in page.all("button"))
    assert page.one(role="status").get("id") == "said"
    levels = [int(found.tag[1]) for found in page.all() if re.fullmatch("h[1-6]", found.tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
