"""The scripts behind the panels, by themselves in a real browser: messages, the board they talk through, colours."""

import numpy as np
import pytest

from dlcore.plots.theme import DARK, LIGHT, diverge, intensify
from pages.ui.live import pack, pack_topics
from tests.browser.script_bench import ORIGIN, open_bench, run_with

pytestmark = pytest.mark.browser

MODULES = ("bus", "tick", "colors", "sending")


@pytest.fixture(scope="module")
def tab(chromium):
    opened = open_bench(chromium)
    yield opened
    opened.close()


@pytest.fixture
def bench(tab):
    """An empty page, fresh for each test, from which the scripts can be imported."""
    tab.goto(ORIGIN)
    return tab


def run(bench, script: str, argument: object = None) -> object:
    return run_with(bench, MODULES, script, argument)


def test_a_message_from_python_is_decoded_wherever_it_lies_in_memory(bench):
    message = pack({"text": "ğ", "none": None}, curve=[[0.5, 2], [3, -4]], pixels=np.arange(5, dtype=np.uint8), n=[7])
    decoded = run(bench, """
        return [0, 1, 2, 3].map((shift) => {
          const room = new Uint8Array(given.length + shift);
          room.set(given, shift);
          const { meta, arrays } = tick.decode(room.subarray(shift));
          return [meta, ...["curve", "pixels", "n"].map((name) => [[...arrays[name]], arrays[name].shape])];
        });""", list(message))
    assert decoded == [[{"text": "ğ", "none": None}, [[0.5, 2, 3, -4], [2, 2]], [[0, 1, 2, 3, 4], [5]], [[7], [1]]]] * 4


def test_a_late_subscriber_hears_the_last_value_and_one_that_left_nothing(bench):
    heard = run(bench, """
        const heard = [];
        bus.publish("c", "t", 1);
        bus.publish("c", "t", 2);
        const leave = bus.subscribe("c", "t", (value) => heard.push(value));
        bus.publish("c", "t", 3);
        bus.publish("c", "other", 9);
        bus.publish("another", "t", 9);
        leave();
        bus.publish("c", "t", 4);
        return heard;""")
    assert heard == [2, 3]


def test_while_rewound_live_values_wait_and_the_newest_is_shown_on_return(bench):
    heard = run(bench, """
        const heard = [];
        const say = (view, step) => bus.publish("c", "matrix", { view, step });
        bus.subscribe("c", "matrix", ({ view, step }) => heard.push(view + step));
        bus.subscribe("c", "moment", ({ step }) => heard.push(step));
        bus.subscribe("c", "curves", (value) => heard.push(value));
        say("snapshot", 1);
        say("live", 10);
        bus.rewindTo("c", 5);
        say("live", 11);
        say("snapshot", 5);
        say("live", 12);
        bus.publish("c", "curves", "curves");
        bus.rewindTo("c", null);
        say("snapshot", 5);
        say("live", 13);
        return heard;""")
    assert heard == ["live10", 5, "snapshot5", "curves", None, "live12", "live13"]


def test_a_topic_that_is_sent_again_is_published_once(bench):
    topics = {"matrix": {"counts": np.eye(2, dtype=int), "sent": 1.5}}
    first, other = pack_topics(topics), pack_topics({"matrix": {**topics["matrix"], "sent": 1.75}})
    heard = run(bench, """
        const heard = [];
        bus.subscribe("c", "matrix", ({ view, sent, arrays }) => heard.push([view, sent, [...arrays.counts]]));
        for (const message of given) tick.publishTopics("c", tick.decode(new Uint8Array(message)));
        return heard;""", [list(first), list(first), list(other)])
    assert heard == [["live", 1.5, [1, 0, 0, 1]], ["live", 1.75, [1, 0, 0, 1]]]


def test_channels_that_nobody_hears_are_forgotten_but_for_the_newest(bench):
    kept = run(bench, """
        bus.subscribe("busy", "t", () => {});
        for (let i = 0; i < 50; i++) bus.publish(`run${i}`, "t", i);
        return [...Array(50).keys()].map((i) => bus.last(`run${i}`, "t")).filter((value) => value !== undefined);""")
    assert kept == list(range(41, 50))


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_the_browser_colours_a_byte_as_the_plots_colour_its_value(bench, palette):
    scales = {"diverging": list(palette.diverging), "sequential": list(palette.sequential)}
    pixels = run(bench, """return Object.keys(given).map((kind) =>
        [...new Uint8Array(colors.table(kind, given).buffer)]);""", scales)
    signed, magnitudes = (np.reshape(table, (256, 4)).astype(int) for table in pixels)
    assert signed[1:] == pytest.approx(diverge(np.arange(-127, 128), palette, 127).astype(int), abs=1)
    assert magnitudes == pytest.approx(intensify(np.arange(256), palette, 255).astype(int), abs=1)


def test_text_on_any_mixture_of_a_colour_and_the_page_reads(bench):
    worst = run(bench, """return given.map((theme) => Math.min(...["blue", "orange"].flatMap((name) =>
        [...Array(21).keys()].map((share) => {
          const ground = colors.mix(colors.parse(theme.background), colors.parse(theme[name]), share / 20);
          return colors.contrast(colors.parse(colors.textOn(ground, theme)), ground);
        }))));""", [{name: getattr(palette, name) for name in ("ink", "background", "blue", "orange")}
                   for palette in (LIGHT, DARK)])
    assert min(worst) >= 4.5


def test_a_line_to_python_sends_the_newest_and_one_at_a_time(bench):
    sent = run(bench, """
        const sent = [];
        const line = sending.line(20, 10000);
        const wait = (ms) => new Promise((done) => setTimeout(done, ms));
        line.connect((value) => sent.push(value));
        for (const step of [1, 2, 3]) line.send(step);
        await wait(60);
        sent.push("answered");
        line.answered(1);
        await wait(60);
        line.send(null);
        line.answered(3);
        await wait(60);
        line.end();
        return sent;""")
    assert sent == [1, "answered", 3, None]


def test_a_line_does_not_wait_for_an_answer_for_ever(bench):
    sent = run(bench, """
        const sent = [];
        const line = sending.line(5, 40);
        line.connect((value) => sent.push(value));
        line.send(1);
        line.send(2);
        await new Promise((done) => setTimeout(done, 120));
        return sent;""")
    assert sent == [1, 2]


def test_a_panel_whose_place_has_left_the_page_does_not_begin(bench):
    """Its script comes a moment after its place, which may be gone by then: what would be drawn has no colours."""
    began = run(bench, """
        const { component } = await import(given);
        const begun = [];
        const panel = component("", (stage) => {
          begun.push(stage.root.id);
          return { update() {} };
        });
        const place = (id) => document.body.appendChild(Object.assign(document.createElement("div"), { id }));
        const places = ["there", "gone"].map(place);
        places[1].remove();
        const cleanups = places.map((parentElement) => {
          parentElement.attachShadow({ mode: "open" }).id = parentElement.id;
          return panel({ parentElement: parentElement.shadowRoot, data: null });
        });
        cleanups.forEach((clean) => clean());
        return begun;""", f"{ORIGIN}panel.js")
    assert began == ["there"]
