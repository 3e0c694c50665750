"""``index.html`` in a browser: it asks for nothing, copies what it shows, fits and is legible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from setup_tool.adapters.files import LocalFiles
from setup_tool.core.credential import Credential, KeyPair
from setup_tool.core.secret import Secret
from setup_tool.credentials.bundle import write_bundle
from setup_tool.credentials.clients import chosen
from tests.credentials.samples import ACCESS, ODD, SECRET, URLS
from tests.nodes.browser import Browser, Tab, browsing

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTHS = (320, 390, 1280)
SCHEMES = ("light", "dark")

COPY_ALL = """
(async () => {
    const wrong = [];
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const button of document.querySelectorAll("button")) {
        const text = button.closest(".copyable").querySelector(".text").textContent;
        await navigator.clipboard.writeText("nothing").catch(() => {});
        button.click();
        for (let left = 200; left && button.textContent !== "Copied"; left--)
            await new Promise(soon => setTimeout(soon, 10));
        const copied = await navigator.clipboard.readText();
        if (copied !== text || button.textContent !== "Copied") wrong.push([text, copied]);
    }
    return wrong;
})()
"""
WRITES = 'navigator.clipboard.writeText("x").then(() => true, () => false)'
INTRUDE = """
(async () => {
    const refused = [];
    addEventListener("securitypolicyviolation", event => refused.push(event.effectiveDirective));
    document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.got = 1'>");
    for (const [name, text] of [["script", "window.got = 2"], ["style", "p { color: red }"]])
        document.body.append(Object.assign(document.createElement(name), {textContent: text}));
    await fetch("file:///mnt/eucarc").then(() => window.got = 3, () => {});
    for (let left = 200; left && refused.length < 5; left--)
        await new Promise(soon => setTimeout(soon, 10));
    return refused;
})()
"""
SHOWN = """
[...document.querySelectorAll("%s")].filter(it => it.checkVisibility()).map(it => it.textContent)
"""
FAINT = """
(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
    const light = colour => {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const parts = [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)].map(part => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const paper = element => {
        const colour = getComputedStyle(element).backgroundColor;
        return colour !== "rgba(0, 0, 0, 0)" ? colour : paper(element.parentElement);
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const faint = [];
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
        const both = [light(getComputedStyle(element).color), light(paper(element))];
        const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
        if (contrast < 4.5) faint.push([contrast, texts.currentNode.data]);
    }
    return faint;
})()
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that sees the bundle of a user and a project whose names are full of markup."""
    pages = tmp_path_factory.mktemp("pages")
    credential = Credential(ODD, KeyPair(ACCESS, Secret(SECRET)))
    clients = chosen((), secret_in_page=True)
    write_bundle(LocalFiles(), str(pages), credential, URLS, profile="demo", clients=clients)
    with browsing(pages, tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def tab(browser: Browser) -> Tab:
    made = browser.tab()
    made.open("index.html")
    return made


def shown(tab: Tab, selector: str) -> list[str]:
    """Return the texts of those elements that can be seen, or would be on paper."""
    return list(tab.js(SHOWN % selector))


@pytest.mark.parametrize("way", ["modern", "old"])
def test_every_button_copies_what_stands_beside_it(browser: Browser, tab: Tab, way: str) -> None:
    browser.allow_clipboard(writing=way == "modern")
    assert tab.js(WRITES) is (way == "modern")
    assert len(shown(tab, "button")) > 20
    assert tab.js(COPY_ALL) == []
    assert tab.js("document.getElementById('said').textContent") == "Copied"


def test_nothing_is_asked_for_and_nothing_complained_of(tab: Tab) -> None:
    assert tab.requested == ["file:///mnt/index.html"]
    assert tab.js("performance.getEntriesByType('resource').length") == 0
    assert tab.logged == []


def test_what_somebody_got_into_it_neither_runs_nor_reaches_anything(tab: Tab) -> None:
    assert sorted(tab.js(INTRUDE)) == [
        *("connect-src", "img-src", "script-src-attr", "script-src-elem", "style-src-elem"),
    ]
    assert tab.js("typeof got") == "undefined"


@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_without_scrolling_sideways(tab: Tab, width: int) -> None:
    tab.look(width=width)
    assert tab.js("document.documentElement.scrollWidth <= innerWidth")
    over = "[...document.body.querySelectorAll('*:not(.skip, .unseen)')].filter(it => {"
    over += "const box = it.getBoundingClientRect(); return box.width && box.right > innerWidth + 1"
    assert tab.js(f"{over}}}).map(it => it.outerHTML)") == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_of_it_is_legible(tab: Tab, scheme: str) -> None:
    tab.look(scheme=scheme)
    assert tab.js("matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
    assert tab.js(FAINT) == []


def test_the_secret_key_is_seen_when_its_button_was_pressed(tab: Tab) -> None:
    assert SECRET not in shown(tab, "span")
    tab.js("document.querySelector('summary').click()")
    assert SECRET in shown(tab, "span")


def test_on_paper_are_no_buttons_and_the_secret_key_only_when_it_was_open(tab: Tab) -> None:
    tab.look(media="print")
    assert shown(tab, "button, nav, summary") == []
    assert SECRET not in shown(tab, "span")
    tab.js("document.querySelector('details').open = true")
    assert SECRET in shown(tab, "span")


def test_without_its_script_everything_but_copying_is_there(browser: Browser) -> None:
    tab = browser.tab()
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    tab.open("index.html")
    tab.send("Emulation.setScriptExecutionDisabled", value=False)
    assert shown(tab, "button") == []
    assert len(shown(tab, "pre")) > 5
    assert shown(tab, "summary") == ["ShowHide"]
