"""A panel that waits for an answer on its line says so within half a second, and only as long as it waits."""

import pytest

from tests.browser.script_bench import open_bench, run_with

pytestmark = pytest.mark.browser
SAID = "Yanıt bekleniyor"


@pytest.fixture
def bench(chromium):
    tab = open_bench(chromium)
    tab.clock.install(time=0)
    tab.clock.pause_at(1)
    tab.set_content(f'<span data-derin-waiting="{SAID}"></span><div id="panel"></div>')
    run_with(tab, ("line",), """
      globalThis.answers = [];
      globalThis.fetch = () => new Promise((answer, fail) => answers.push({ answer, fail }));
      globalThis.stage = { root: document.querySelector("#panel") };
      globalThis.begin = () => { line.ask("line/x", {}, 60000, stage).catch(() => null); };
    """)
    yield tab
    tab.close()


def said(tab) -> str:
    return tab.inner_text("#panel")


def answer(tab, number: int, how: str = "answer(new Response(null, { status: 404 }))") -> None:
    tab.evaluate(f"answers[{number}].{how}; undefined")
    for _ in range(3):  # what waits for it goes on
        tab.evaluate("Promise.resolve()")


@pytest.mark.parametrize("how", ["answer(new Response(null, { status: 404 }))", "fail(new TypeError('gone'))"])
def test_a_panel_says_that_it_waits_until_there_is_an_answer_or_none_will_come(bench, how):
    bench.evaluate("begin()")
    bench.clock.run_for(390)
    assert said(bench) == ""
    bench.clock.run_for(100)  # half a second has not gone by
    assert said(bench) == SAID and bench.get_attribute("#panel .waits", "role") == "status"
    answer(bench, 0, how)
    assert said(bench) == ""


def test_of_a_quick_answer_nothing_is_said(bench):
    bench.evaluate("begin()")
    bench.clock.run_for(300)
    answer(bench, 0)
    bench.clock.run_for(2000)
    assert said(bench) == ""


def test_it_is_said_as_long_as_any_of_its_questions_is_open(bench):
    bench.evaluate("begin(); begin()")
    bench.clock.run_for(450)
    answer(bench, 0)
    bench.clock.run_for(450)
    assert said(bench) == SAID
    answer(bench, 1)
    assert said(bench) == ""
