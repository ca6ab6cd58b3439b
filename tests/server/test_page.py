"""The built-in web page in a real browser against the real command: graphs, runs, chats, models, the key, and no stranger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.keys import Keys
from server.serving import Served, serving

from graphide.chatting.keeping import open_chats
from graphide.settings import Settings
from graphide.store.turns import Answer, Turns
from tests.server.browser import Browser, browsing

SLOW = {
    "graphide": 1,
    "title": "Slow",
    "about": "Says numbers.",
    "nodes": {
        "message": {"type": "variable", "kind": "longtext", "value": "n"},
        "numbers": {"type": "slow", "pieces": 400, "pause": 0.05},
        "reply": {"type": "output", "name": "reply"},
    },
    "edges": ["message.value -> numbers.text", "numbers.text -> reply.value"],
}
FORM = {
    "graphide": 1,
    "title": "All kinds <b>of inputs</b>",
    "about": "Has one input of each kind.",
    "nodes": {
        "line": {"type": "variable", "help": "<i>One</i> line"},
        "text": {"type": "variable", "kind": "longtext", "value": "two\nlines"},
        "share": {"type": "variable", "kind": "number", "low": 0, "high": 1, "value": 0.25},
        "count": {"type": "variable", "kind": "integer", "value": 3},
        "loud": {"type": "variable", "kind": "toggle", "value": True},
        "tone": {"type": "variable", "kind": "choice", "choices": ["calm", "cross"], "value": "calm"},
        "items": {"type": "variable", "kind": "list", "value": ["a"]},
        "facts": {"type": "variable", "kind": "json", "value": {"a": 1}},
        **{
            f"out_{name}": {"type": "output", "name": name}
            for name in ("line", "text", "share", "loud", "items", "facts")
        },
    },
    "edges": [f"{name}.value -> out_{name}.value" for name in ("line", "text", "share", "loud", "items", "facts")],
}
BROKEN = {
    "graphide": 1,
    "title": "Broken",
    "nodes": {
        "text": {"type": "variable", "value": "no JSON"},
        "parse": {"type": "parse_json"},
        "result": {"type": "output"},
    },
    "edges": ["text.value -> parse.text", "parse.value -> result.value"],
}
NASTY = (
    "<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 1'> [a](javascript:window.hacked=1) "
    "![b](https://example.org/b.png) **bold**"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with graphs of its own."""
    folder = tmp_path_factory.mktemp("page")
    for name, graph in (("slow", SLOW), ("form", FORM), ("broken", BROKEN)):
        (folder / f"{name}.json").write_text(json.dumps(graph), "utf-8")
    with serving(folder / "run", folder) as server:
        yield server


@pytest.fixture(scope="module")
def kept(served: Served) -> None:
    """Two chats in the store of the server's user."""
    chats = open_chats(Settings(), served.home / "data" / "chats.db")
    for title, question in (
        ("About tides", "Why are there tides at full moon?"),
        ("About bread", "How is bread made?"),
    ):
        turns = Turns().added(0, "user", question)
        turns = turns.added(
            1, "assistant", "The moon pulls.", answer=Answer(model="some model", tokens=12, seconds=1.5)
        )
        chats.save(chats.begin({"model": "some model"}, title=title).id, turns)
    chats.database.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Callable[[str], Browser]]:
    """Opens a view in a fresh tab, and says afterwards that nothing was complained about and nobody else was asked."""

    def at(where: str = "") -> Browser:
        browser.look()
        browser.open(served.url, served.key, where)
        return browser

    yield at
    assert browser.complaints() == []
    assert {urlsplit(url).netloc for url in browser.requested() if not url.startswith(("data:", "about:"))} == {
        urlsplit(served.url).netloc
    }


Open = Callable[[str], Browser]


def run(browser: Browser) -> None:
    browser.one(".form button[type=submit]", "Run").click()


def output(browser: Browser, name: str) -> str:
    return browser.one(f"article.whole [data-output={name}]").text


def say(browser: Browser, text: str) -> None:
    browser.one(".composer textarea").send_keys(text, Keys.ENTER)


# --- graphs


def test_graphs_are_listed_and_found(page: Open) -> None:
    browser = page("#/graphs")
    browser.one(".graphs h3", "Hello")
    titles = [found.text for found in browser.all(".graphs h3")]
    assert titles[:3] == ["Broken", "All kinds <b>of inputs</b>", "Slow"]
    browser.one("input[type=search]").send_keys("topic audience")
    browser.until(lambda: [found.text for found in browser.all(".graphs h3")] == ["Hello"], "one graph")
    browser.one("input[type=search]").send_keys(" nothing like it")
    browser.one(".empty h2", "Nothing found")


def test_a_graph_is_opened_filled_in_and_run(page: Open) -> None:
    browser = page("#/graphs")
    browser.one(".graphs a", "Hello").click()
    browser.one(".canvas svg")
    assert {node.get_attribute("data-node") for node in browser.all("g.node")} >= {"topic", "answer", "result"}
    topic = browser.one("#input-topic")
    topic.clear()
    topic.send_keys("tides")
    run(browser)
    assert output(browser, "answer") == "Explain tides in two sentences."
    assert re.fullmatch(
        r"Done [0-9.]+ m?s 5 tokens written 12 read seed \d+",
        " ".join(browser.one(".cost").text.replace("·", " ").split()),
    )
    states = {node.get_attribute("data-node"): node.get_attribute("data-state") for node in browser.all("g.node")}
    assert set(states.values()) <= {"done", "cached"} and states["answer"] == "done"
    browser.one(".steps li", "answer")


def test_every_kind_of_input_has_its_field_and_is_checked(page: Open) -> None:
    browser = page("#/graphs/form")
    browser.one("h1", "All kinds <b>of inputs</b>")
    assert browser.one("#input-line-help").text == "<i>One</i> line"
    run(browser)
    browser.one("#input-line-problem", "Needs a text")
    browser.one("#input-line").send_keys("hello")
    facts = browser.one("#input-facts")
    facts.clear()
    facts.send_keys("{no JSON")
    share = browser.one("#input-share")
    share.clear()
    share.send_keys("1.5")
    run(browser)
    browser.one("#input-share-problem", "Needs a number from 0 to 1")
    browser.one("#input-facts-problem", "Is not JSON")
    facts.clear()
    facts.send_keys('{"b": [2]}')
    share.clear()
    share.send_keys("0.5")
    items = browser.one("#input-items")
    items.clear()
    items.send_keys("one\ntwo")
    browser.one("#input-loud").click()
    run(browser)
    assert output(browser, "line") == "hello"
    assert output(browser, "text") == "two\nlines"
    assert json.loads(output(browser, "share")) == 0.5
    assert json.loads(output(browser, "loud")) is False
    assert json.loads(output(browser, "items")) == ["one", "two"]
    assert json.loads(output(browser, "facts")) == {"b": [2]}


def test_a_run_streams_lights_up_its_node_and_is_stopped(page: Open) -> None:
    browser = page("#/graphs/slow")
    browser.one(".canvas svg")
    run(browser)
    live = browser.one("[data-output=reply]", "n2")
    assert browser.one("g.node[data-node=numbers]").get_attribute("data-state") == "running"
    browser.until(lambda: "n5" in live.text, "more text")
    browser.one(".form button[type=submit]", "Stop").click()
    browser.one(".cost .state", "Stopped")
    browser.one(".form button[type=submit]", "Run")
    assert "n5" in browser.one("[data-output=reply]").text
    assert browser.one("g.node[data-node=numbers]").get_attribute("data-state") == "skipped"


def test_escape_stops_a_run(page: Open) -> None:
    browser = page("#/graphs/slow")
    run(browser)
    browser.one("[data-output=reply]", "n1")
    browser.one("#input-message").send_keys(Keys.ESCAPE)
    browser.one(".cost .state", "Stopped")


def test_leaving_a_graph_stops_its_run(page: Open, served: Served) -> None:
    browser = page("#/graphs/slow")
    run(browser)
    browser.one("[data-output=reply]", "n1")
    browser.one(".back").click()
    browser.one(".graphs")
    browser.until(lambda: served.get("/api/runs").json()["runs"][0]["status"] == "cancelled", "the end of the run")


def test_what_went_wrong_is_told_as_the_server_says_it(page: Open) -> None:
    browser = page("#/graphs/broken")
    run(browser)
    browser.one(".cost .state", "Failed")
    said = browser.one(".results .notice").text
    assert said.startswith("parse: ") and "JSON" in said
    assert browser.one("g.node[data-node=parse]").get_attribute("data-state") == "failed"


def test_a_picture_is_moved_and_made_larger(page: Open) -> None:
    browser = page("#/graphs/hello")
    drawing = browser.one(".canvas svg")

    def seen() -> list[float]:
        return [float(number) for number in (drawing.get_dom_attribute("viewBox") or "").split()]

    whole = browser.until(lambda: len(seen()) == 4 and seen()[2] > 900 and seen(), "the whole graph")
    browser.one("[aria-label=Larger]").click()
    assert seen()[2] == pytest.approx(whole[2] / 1.3)
    browser.one(".canvas").send_keys(Keys.ARROW_RIGHT)
    assert seen()[0] > whole[0]
    browser.one("[aria-label='Show all']").click()
    assert seen() == pytest.approx(whole)


def test_a_graph_that_is_not_there_is_said(browser: Browser, served: Served) -> None:
    browser.open(served.url, served.key, "#/graphs/nothing")
    browser.one(".notice", 'there is no graph "nothing"')
    assert all("404" in line for line in browser.complaints())  # the browser's own lines


# --- chat


def test_a_chat_streams_and_goes_on(page: Open) -> None:
    browser = page("#/chat/with:graph%2Fconversation")
    say(browser, "Hello **there**")
    answer = browser.one(".turn.assistant", "tokens")
    assert answer.find_element("css selector", ".prose strong").text == "there"
    say(browser, "And again")
    browser.until(lambda: len(browser.all(".turn.assistant .acts button")) == 3, "two answers")
    assert [turn.text for turn in browser.all(".turn.user")] == ["Hello **there**", "And again"]
    assert [turn.text for turn in browser.all(".turn.assistant .prose")] == ["Hello there", "And again"]
    browser.one("[aria-label='Answer again']").click()
    browser.until(lambda: len(browser.all(".turn.assistant .acts button")) == 3, "the answer again")
    assert len(browser.all(".turn")) == 4


def test_an_answer_is_copied_as_it_was_written(page: Open) -> None:
    browser = page("#/chat/with:graph%2Fconversation")
    say(browser, "Hello **there**")
    browser.one("[aria-label='Copy the answer']").click()
    browser.until(
        lambda: browser.script("return document.getElementById('announcer').textContent") == "Copied", "a word"
    )
    browser.one(".composer textarea").send_keys(Keys.CONTROL, "v")
    assert browser.one(".composer textarea").get_property("value") == "Hello **there**"


def test_a_chat_is_stopped_and_keeps_what_was_said(page: Open) -> None:
    browser = page("#/chat/with:graph%2Fslow")
    say(browser, "n")
    browser.one(".turn.assistant .prose", "n2")
    assert browser.one(".turn.assistant").get_attribute("aria-busy") == "true"
    browser.one(".composer textarea").send_keys(Keys.ESCAPE)
    browser.one(".turn.assistant header", "stopped")
    assert "n2" in browser.one(".turn.assistant .prose").text
    say(browser, "m")
    browser.one(".turn.assistant .prose", "m1")
    browser.one("[aria-label=Stop]").click()
    browser.until(lambda: len(browser.all(".turn")) == 4 and not browser.all(".turn[aria-busy]"), "the second stop")


def test_shift_enter_begins_a_new_line(page: Open) -> None:
    browser = page("#/chat/with:graph%2Fconversation")
    browser.one(".composer textarea").send_keys("one", Keys.SHIFT, Keys.ENTER, Keys.SHIFT, "two", Keys.ENTER)
    assert browser.one(".turn.user").text == "one\ntwo"
    browser.one(".turn.assistant", "tokens")


def test_chats_are_found_again_and_deleted(page: Open) -> None:
    browser = page("#/chat/with:graph%2Fconversation")
    say(browser, "The first chat")
    browser.one(".turn.assistant", "tokens")
    browser.one(".chats .row", "New chat").click()
    browser.one(".welcome")
    say(browser, "The second chat")
    browser.one(".turn.assistant", "tokens")
    browser.driver.refresh()
    browser.one(".chats .row", "The first chat").click()
    browser.one(".turn.user", "The first chat")
    browser.script("arguments[0].click()", browser.all("[aria-label='Delete The first chat']")[0])
    browser.one(".welcome")
    assert [row.text for row in browser.all(".chats li")] == ["The second chat"]


def test_text_of_a_model_stays_text(page: Open) -> None:
    browser = page("#/chat/with:graph%2Fconversation")
    say(browser, NASTY)
    answer = browser.one(".turn.assistant", "bold")
    browser.one(".turn.assistant", "tokens")
    assert answer.find_element("css selector", "strong").text == "bold"
    assert "<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 1'> a b bold" in answer.text
    assert [link.get_attribute("href") for link in browser.all(".prose a")] == ["https://example.org/b.png"]
    assert browser.all("main script, main img, main iframe") == [] and browser.script("return window.hacked") is None


def test_chats_that_graphide_keeps_are_searched_read_and_gone_on_with(page: Open, kept: None) -> None:
    browser = page("#/chat")
    browser.one(".chats li", "About tides")
    search = browser.one(".chats input[type=search]")
    search.send_keys("full moon")
    browser.until(lambda: [row.text for row in browser.all(".chats li")] == ["About tides"], "one chat")
    browser.one(".chats li .row", "About tides").click()
    browser.one(".turn.assistant", "The moon pulls")
    assert browser.one(".turn.assistant header").text.split("\n") == ["some model", "12 tokens · 1.5 s"]
    browser.script(
        "const box = document.querySelector('select'); box.value = 'graph/conversation'; box.dispatchEvent(new Event('change'))"
    )
    say(browser, "And the sun?")
    browser.until(lambda: len(browser.all(".turn.assistant .acts button")) == 3, "the next answer")
    assert [turn.text for turn in browser.all(".turn.user")] == ["Why are there tides at full moon?", "And the sun?"]


# --- models, key, frame


def test_models_and_the_machine_are_shown(page: Open) -> None:
    browser = page("#/models")
    browser.one(".models h3, .empty h2")
    assert "free of" in browser.one(".system", "Memory").text


def test_a_wrong_key_is_said_and_a_right_one_opens(browser: Browser, served: Served) -> None:
    browser.open(served.url)
    browser.one("#key")
    assert browser.script("return document.activeElement.id") == "key"
    browser.one("#key").send_keys("wrong", Keys.ENTER)
    browser.one("#key-problem", "The server does not know this key")
    assert browser.script("return sessionStorage.length") == 0
    browser.one("#key").send_keys(served.key, Keys.ENTER)
    browser.one(".graphs h3", "Hello")
    browser.one("#leave").click()
    browser.one("#key")
    browser.complaints()


def test_the_key_is_taken_from_the_address_and_told_to_nobody(browser: Browser, served: Served) -> None:
    browser.open(served.url, served.key)
    browser.one(".graphs h3", "Hello")
    assert browser.driver.current_url == f"{served.url}/"
    assert browser.script("return document.cookie + JSON.stringify(localStorage)") == "{}"
    assert all(served.key not in url.partition("#")[0] for url in browser.requested())
    assert served.key not in served.log


def test_a_policy_keeps_foreign_scripts_out(page: Open) -> None:
    browser = page("#/graphs")
    browser.one(".graphs")
    refused = browser.script(
        "try { document.body.innerHTML = '<p>'; return 'taken' } catch (error) { return error.name }"
    )
    assert refused == "TypeError"
    assert any("TrustedHTML" in line or "Trusted" in line for line in browser.complaints())


def test_the_theme_is_that_of_the_system_until_it_is_switched(page: Open) -> None:
    browser = page("#/graphs")
    browser.one(".graphs")

    def ground() -> str:
        return str(browser.script("return getComputedStyle(document.documentElement).backgroundColor"))

    assert ground() == "rgb(23, 23, 23)"
    browser.look(theme="light")
    browser.until(lambda: ground() == "rgb(255, 255, 255)", "the light theme")
    browser.one("#theme", "Dark theme").click()
    assert ground() == "rgb(23, 23, 23)"
    browser.driver.refresh()
    browser.one(".graphs")
    assert ground() == "rgb(23, 23, 23)"


@pytest.mark.parametrize("where", ["#/graphs", "#/graphs/form", "#/chat", "#/models"])
def test_a_narrow_screen_shows_everything_without_scrolling_sideways(page: Open, where: str) -> None:
    browser = page("")
    browser.look(width=360, height=740)
    browser.script("location.hash = arguments[0]", where)
    browser.one(
        {"#/graphs": ".graphs", "#/graphs/form": ".canvas svg", "#/chat": ".composer", "#/models": ".system"}[where]
    )
    assert (
        browser.script("const main = document.getElementById('main'); return main.scrollWidth - main.clientWidth") == 0
    )
    browser.one("#menu").click()
    browser.until(lambda: browser.one("#side #nav a", "Chat").rect["x"] >= 0, "the drawer")
    browser.one("#side #nav a", "Chat").click()
    browser.one(".composer")


def test_every_control_has_a_name(page: Open) -> None:
    browser = page("")
    for where, ready in VIEWS.items():
        browser.script("location.hash = arguments[0]", where)
        browser.one(ready)
        controls = [
            found
            for found in browser.all("button, a, input:not([aria-hidden]), select, textarea")
            if found.is_displayed()
        ]
        assert [found.get_attribute("outerHTML") for found in controls if not found.accessible_name.strip()] == []


VIEWS = {"#/graphs": ".graphs", "#/graphs/hello": ".canvas svg", "#/chat": ".composer", "#/models": ".system"}
CONTRASTS = """
const pen = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
const over = (color, below) => {
  pen.globalCompositeOperation = 'copy'; pen.fillStyle = `rgb(${below})`; pen.fillRect(0, 0, 1, 1);
  pen.globalCompositeOperation = 'source-over'; pen.fillStyle = color; pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)];
};
const ground = (element) => over(getComputedStyle(element).backgroundColor, element.parentElement ? ground(element.parentElement) : [255, 255, 255]);
const light = (color) => color.map((part) => part / 255)
  .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const poor = [];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let text = texts.nextNode(); text; text = texts.nextNode()) {
  const element = text.parentElement;
  if (!text.data.trim() || element.closest('svg, select, noscript, .unseen, :disabled') || !element.checkVisibility()) continue;
  const below = ground(element);
  const [darker, lighter] = [light(below), light(over(getComputedStyle(element).color, below))].sort((a, b) => a - b);
  const contrast = (lighter + 0.05) / (darker + 0.05);
  if (contrast < 4.5) poor.push(`${element.className} ${text.data.slice(0, 30)} ${contrast.toFixed(2)}`);
}
return poor;
"""


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_text_stands_out_from_its_ground(page: Open, theme: Literal["dark", "light"]) -> None:
    """WCAG 2.2, 1.4.3 (AA): a contrast of at least 4.5."""
    browser = page("")
    browser.look(theme=theme)
    for where, ready in VIEWS.items():
        browser.script("location.hash = arguments[0]", where)
        browser.one(ready)
        if where == "#/graphs/hello":
            run(browser)
            browser.one("article.whole")
        assert browser.script(CONTRASTS) == []


@pytest.mark.parametrize("where", VIEWS)
def test_nothing_moves_while_a_view_comes(page: Open, served: Served, where: str) -> None:
    browser = page(where)
    browser.one(VIEWS[where])
    browser.driver.refresh()
    browser.one(VIEWS[where])
    moved = browser.driver.execute_async_script(
        """const done = arguments[0];
        document.fonts.ready.then(() => requestAnimationFrame(() => {
          const seen = new PerformanceObserver(() => {});
          seen.observe({ type: 'layout-shift', buffered: true });
          done(seen.takeRecords().reduce((sum, shift) => sum + shift.value, 0));
        }));"""
    )
    assert moved < 0.02


def test_a_server_without_a_key_asks_for_none(browser: Browser, start: Callable[..., Served]) -> None:
    server = start(key=False)
    browser.look()
    browser.open(server.url)
    browser.one(".graphs h3", "Hello")
    assert not browser.driver.find_element("id", "leave").is_displayed()


# --- with a real model


@pytest.mark.real_model
def test_a_real_model_is_loaded_talked_with_and_unloaded(browser: Browser, tmp_path: Path, model_path: Path) -> None:
    (tmp_path / "run" / "home" / "models").mkdir(parents=True)
    (tmp_path / "run" / "home" / "models" / model_path.name).symlink_to(model_path)
    with serving(tmp_path / "run", model="") as server:
        browser.look()
        browser.open(server.url, server.key, "#/models")
        browser.one(".models button", "Load").click()
        browser.one(".models .tag", "in memory")
        browser.script("location.hash = arguments[0]", f"#/chat/with:{model_path.name.removesuffix('.gguf')}")
        say(browser, "Say hello.")
        browser.until(lambda: len(browser.one(".turn.assistant .prose").text) > 3, "some words")
        browser.one(".composer textarea").send_keys(Keys.ESCAPE)
        browser.until(lambda: not browser.all(".turn[aria-busy]"), "the end of the answer")
        browser.script("location.hash = '#/models'")
        browser.one(".models button", "Unload").click()
        browser.one(".models button", "Load")
        assert browser.complaints() == []
