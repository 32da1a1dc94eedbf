"""The Digits page in a real browser: its main job, and what must not go wrong on the way."""

import json
import os
import re
import signal
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import expect

from dlcore.specs.codec import to_link
from dlcore.specs.data import Augment, ImageData
from dlcore.specs.experiment import Experiment
from dlcore.specs.training import Training
from dlcore.training.recording import Recording
from pages.ui.shell import pages_there
from tests.browser import digits_page as lab
from tests.browser.digits_page import ENDLESS, ONE, PATIENCE, SEVEN, SHORT
from tests.conftest import served, settled, wait_until

pytestmark = pytest.mark.browser

OWNER = "somebody-else-altogether"


@pytest.fixture(scope="module")
def trained(engine) -> str:
    """A finished run of somebody's: 5,000 digits, twice."""
    wait_until(lambda: engine.status().ready, 120, "the engine did not wake")
    run = engine.start_run(SHORT, OWNER)
    wait_until(lambda: engine.view(run).state == "finished", 120, "the run did not finish")
    return run


@pytest.fixture
def no_exception(page):
    """The page of this test never shows an exception box."""
    yield
    assert page.get_by_test_id("stException").count() == 0


def wait_for(tab, holds, what_is_wrong: str, seconds: float = 120) -> None:
    """Wait until something holds, while the page goes on."""
    for _ in range(int(seconds * 10)):
        if holds():
            return
        tab.wait_for_timeout(100)
    raise AssertionError(what_is_wrong)


def test_a_network_is_trained_and_reads_a_seven_while_it_is_drawn(app_url, page, no_exception):
    """The main job, from the door to the digits that were misread."""
    page.goto(app_url)
    settled(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Digits").click()
    lab.pad(page).wait_for()
    lab.open_group(page, "data")
    size = page.locator(".st-key-digits-train_size").get_by_role("slider")
    for left in ("40,000", "20,000", "10,000", "5,000"):
        size.press("ArrowLeft")
        expect(page.locator(".st-key-digits-data_group summary")).to_contain_text(f"{left} pictures", timeout=PATIENCE)

    lab.button(page, "Train").click()
    expect(lab.progress(page)).to_have_text(re.compile(r"epoch (0\.)?[1-9]"), timeout=PATIENCE)
    wait_for(page, lambda: "training" in lab.charts(page), "the curves said nothing")

    lab.draw(page, SEVEN[:2], lift=False)
    expect(lab.prediction(page)).to_have_text(re.compile(r"\d"), timeout=PATIENCE)
    begun = lab.bars(page)
    page.mouse.move(*lab.place(page, *SEVEN[2]), steps=10)
    wait_for(page, lambda: lab.bars(page) != begun, "the bars stood still while the pen moved")
    page.mouse.up()

    expect(lab.state(page)).to_have_text("Finished", timeout=PATIENCE)
    expect(lab.prediction(page)).to_have_text("7", timeout=PATIENCE)
    wait_for(page, lambda: lab.bars(page).index(max(lab.bars(page))) == 7, "the bar of 7 is not the highest")
    expect(page.locator(".st-key-digits-confusion .note")).to_contain_text("all 10,000", timeout=PATIENCE)
    assert sum(lab.counts(page)) == 10_000

    true, read = most_mistaken(lab.counts(page))
    lab.cell(page, true, read).click()
    expect(page.locator(".st-key-digits-examples .title")).to_have_text(f"{true} read as {read}", timeout=PATIENCE)
    assert lab.examples(page).count() == min(60, lab.counts(page)[10 * true + read])
    lab.examples(page).first.click()
    expect(lab.prediction(page)).to_have_text(str(read), timeout=PATIENCE)


def most_mistaken(counts: list[int]) -> tuple[int, int]:
    """Return the (true, read) of the mistake made most often."""
    mistakes = {divmod(at, 10): count for at, count in enumerate(counts) if at % 11}
    return max(mistakes, key=mistakes.get)


def test_a_reload_comes_back_to_the_running_training_and_may_steer_it(app_url, page, no_exception):
    run = lab.train(page, app_url, ENDLESS)
    lab.draw(page, ONE)
    page.reload()
    settled(page)
    assert lab.run_of(page) == run
    expect(lab.state(page)).to_have_text("Training", timeout=PATIENCE)
    before = lab.progress(page).inner_text()
    expect(lab.progress(page)).not_to_have_text(before, timeout=PATIENCE)
    expect(lab.prediction(page)).to_have_text(re.compile(r"\d"), timeout=PATIENCE)  # of the drawing that was kept
    lab.halt(page)
    stood = lab.progress(page).inner_text()
    lab.button(page, "Continue").click()
    expect(lab.progress(page)).not_to_have_text(stood, timeout=PATIENCE)
    lab.halt(page)


def test_the_slider_rewinds_the_whole_page_and_ticks_leave_it_there(app_url, page, no_exception):
    lab.train(page, app_url, ENDLESS)
    lab.draw(page, SEVEN)
    wait_for(page, lambda: lab.counts(page) and len(snapshots(page)) >= 4, "too few snapshots")
    first_filter = page.locator(".st-key-digits-filters .cell canvas").first
    late = lab.pixels(first_filter)
    lab.slider(page).press("Home")
    assert lab.slider(page).input_value() == "0"
    expect(page.locator(".st-key-digits-confusion .note")).to_contain_text("step 0", timeout=PATIENCE)
    expect(page.locator(".st-key-digits-rewind .text")).to_contain_text("step 0 of")
    wait_for(page, lambda: lab.pixels(first_filter) != late, "the filters did not go back")
    early, matrix, read = lab.pixels(first_filter), lab.counts(page), lab.bars(page)
    assert sum(matrix[::11]) < 0.5 * sum(matrix)  # an untrained network guesses

    before = lab.progress(page).inner_text()
    expect(lab.progress(page)).not_to_have_text(before, timeout=PATIENCE)
    page.wait_for_timeout(1500)  # several ticks and publications
    assert (lab.pixels(first_filter), lab.counts(page), lab.bars(page)) == (early, matrix, read)
    lab.draw(page, ONE)
    expect(page.locator(".st-key-digits-canvas .reading .note")).to_contain_text("step 0", timeout=PATIENCE)

    lab.button(page, "Live").click()
    wait_for(page, lambda: lab.pixels(first_filter) != early and lab.counts(page) != matrix, "it did not go live again")
    expect(page.get_by_role("button", name="Train on from")).to_have_count(0, timeout=PATIENCE)
    lab.halt(page)


def snapshots(tab) -> list[int]:
    """Return the steps at which the run on the page was kept."""
    return tab.evaluate("""() => [...(globalThis[Symbol.for("derin.bus")].get("digits").values.get("snapshots")
                                      ?.arrays.steps ?? [])]""")


def test_a_finished_run_follows_the_drawing_and_comes_back_from_a_rewind(app_url, page, trained, no_exception):
    lab.visit(page, app_url, SHORT, trained)
    seen = page.locator(".st-key-digits-maps0 .cell canvas").first
    wait_for(page, lambda: seen.count() and lab.counts(page), "nothing to see yet")
    example, finished = lab.pixels(seen), lab.counts(page)
    lab.pad(page).press("1")
    expect(lab.prediction(page)).to_have_text("1", timeout=PATIENCE)
    wait_for(page, lambda: lab.pixels(seen) != example, "what the layer sees did not follow the drawing")
    one = lab.pixels(seen)
    lab.cell(page, 7, 7).click()
    expect(cell_note(page)).to_contain_text("step 80", timeout=PATIENCE)
    lab.slider(page).press("Home")
    expect(cell_note(page)).to_contain_text("step 0", timeout=PATIENCE)
    lab.pad(page).press("4")
    wait_for(page, lambda: lab.pixels(seen) != one, "the drawing was not seen by the snapshot")
    lab.pad(page).press("z")
    lab.button(page, "Live").click()
    wait_for(page, lambda: (lab.pixels(seen), lab.counts(page)) == (one, finished), "it did not come back")
    expect(lab.prediction(page)).to_have_text("1", timeout=PATIENCE)
    expect(cell_note(page)).to_contain_text("step 80", timeout=PATIENCE)


def cell_note(tab):
    return tab.locator(".st-key-digits-examples .note")


def test_training_goes_on_from_a_snapshot_as_a_run_of_its_own(app_url, home, page, trained, no_exception):
    lab.visit(page, app_url, SHORT, trained)
    expect(lab.state(page)).to_have_text("Finished", timeout=PATIENCE)
    wait_for(page, lambda: len(snapshots(page)) > 2, "no snapshots between the first and the last")
    step = lab.rewind_to(page, 0.5)
    assert step in snapshots(page) and 0 < step < 80
    page.get_by_role("button", name=f"Train on from step {step}").click(timeout=PATIENCE)
    wait_for(page, lambda: lab.run_of(page) != trained, "no new run")
    expect(page.locator(".st-key-digits-live .pill.finished")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".st-key-digits-rewind").get_by_role("button", name="Live")).to_have_attribute(
        "aria-pressed", "true", timeout=PATIENCE)
    expect(lab.slider(page)).to_have_value("80", timeout=PATIENCE)
    assert Recording(home / "runs" / lab.run_of(page)).about()["parent"] == [trained, step]
    expect(lab.button(page, "Train")).to_be_visible()


def test_no_press_of_a_key_is_lost_while_the_page_answers_the_one_before(app_url, page, no_exception):
    lab.visit(page, app_url)
    lab.open_group(page, "data")
    size = page.locator(".st-key-digits-train_size").get_by_role("slider")
    size.focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft", delay=20)
    expect(page.locator(".st-key-digits-data_group summary")).to_contain_text("2,000 pictures", timeout=PATIENCE)
    expect(size).to_have_value("2")


def test_a_link_is_the_first_request_of_a_server_and_every_widget_shows_what_it_says(engine, home, tmp_path, page):
    """A widget that the browser meets for the first time must not report its lowest value as a change."""
    experiment = Experiment(
        data=ImageData(train_size=2000, size=32, channels=3, augment=Augment(rotation=10, brightness=0.2, shift=1.5)),
        training=Training(optimizer="sgd", momentum=0.8, learning_rate=0.03, schedule="cosine", weight_decay=0.001,
                          batch_size=64, epochs=7, loss="mse", seed=12, zero_grad=False, eval_mode=False))
    with served(home, tmp_path / "streamlit.log", DERIN_ENGINE=engine.address) as url:
        lab.visit(page, url, experiment)
        assert page.get_by_test_id("stSidebarNavLink").all_inner_texts() == [title for *_, title in pages_there()]
        for group in ("data", "augmentation", "training", "more", "mistakes"):
            lab.open_group(page, group)
        page.wait_for_timeout(1500)
        asked = parse_qs(urlparse(page.url).query)["experiment"]
        assert [json.loads(text) for text in asked] == [json.loads(to_link(experiment))]
        shown = {name: value_of(page, name) for name in (
            "train_size", "size", "channels", "rotation", "shift", "brightness", "optimizer", "learning_rate",
            "momentum", "schedule", "weight_decay", "batch_size", "epochs", "loss", "seed")}
        assert shown == {
            "train_size": "2,000", "size": "32", "channels": "3", "rotation": "10", "shift": "1.5",
            "brightness": "0.2", "optimizer": "SGD with momentum", "learning_rate": "0.03", "momentum": "0.8",
            "schedule": "Cosine", "weight_decay": "0.001", "batch_size": "64", "epochs": "7",
            "loss": "Mean squared error", "seed": "12"}
        for name in ("zero_grad", "eval_mode"):
            expect(page.locator(f".st-key-digits-{name} input")).not_to_be_checked()
        page.goto("about:blank")  # before the server goes


def value_of(tab, name: str) -> str:
    """Return what a widget of the sidebar shows."""
    widget = tab.locator(f".st-key-digits-{name}")
    if widget.get_by_test_id("stSliderThumbValue").count():
        return widget.get_by_test_id("stSliderThumbValue").inner_text()
    if widget.locator("input[type=number]").count():
        return widget.locator("input[type=number]").input_value()
    return widget.get_by_role("combobox").input_value()


def test_somebody_elses_run_can_be_watched_and_copied_but_not_steered(app_url, home, page, open_tab, no_exception):
    run = lab.train(page, app_url, ENDLESS)
    other = lab.visit(open_tab(), app_url, run=run)
    expect(lab.state(other)).to_have_text("Training", timeout=PATIENCE)
    before = lab.progress(other).inner_text()
    expect(lab.progress(other)).not_to_have_text(before, timeout=PATIENCE)
    assert [lab.button(other, name).count() for name in ("Train", "Pause", "Step", "Restart")] == [0, 0, 0, 0]
    lab.button(other, "Continue as a copy").click()
    wait_for(other, lambda: lab.run_of(other) != run, "no copy was begun")
    expect(lab.button(other, "Pause")).to_be_visible(timeout=PATIENCE)
    none_before_all(other)
    copy = Recording(home / "runs" / lab.run_of(other)).about()
    assert copy["parent"][0] == run and copy["owner"] != Recording(home / "runs" / run).about()["owner"]
    lab.halt(other)
    before = lab.progress(page).inner_text()
    expect(lab.progress(page)).not_to_have_text(before, timeout=PATIENCE)
    lab.halt(page)


def none_before_all(tab) -> None:
    """A run's buttons come one by one; none can be pressed, and then moves under the hand, before the last is there."""
    last = tab.locator(".st-key-digits-restart").element_handle()
    name = last.evaluate("node => { const name = node.className; node.className = ''; return name; }")
    expect(lab.button(tab, "Pause")).to_be_hidden()
    last.evaluate("(node, name) => { node.className = name; }", name)
    expect(lab.button(tab, "Pause")).to_be_visible()


def test_a_second_tab_of_a_browser_steers_what_the_first_one_began_also_after_a_reload(app_url, page, no_exception):
    run = lab.train(page, app_url, ENDLESS)
    second = lab.visit(page.context.new_page(), app_url, ENDLESS, run)
    lab.halt(second)
    expect(lab.state(page)).to_have_text("Paused", timeout=PATIENCE)
    wait_for(page, lambda: sum(lab.counts(page)) == 2000, "a paused run shows no matrix")
    second.reload()
    settled(second)
    lab.button(second, "Continue").click()
    expect(lab.state(page)).to_have_text("Training", timeout=PATIENCE)
    lab.halt(page)
    expect(lab.state(second)).to_have_text("Paused", timeout=PATIENCE)


def test_a_training_goes_on_when_its_tab_is_closed(app_url, home, open_tab):
    tab = open_tab()
    long = Experiment(data=ImageData(train_size=5000), training=Training(epochs=8))
    run = lab.train(tab, app_url, long)
    recording, seen = Recording(home / "runs" / run), lab.progress(tab).inner_text()
    tab.close()
    kept = recording.snapshots()
    wait_until(lambda: len(recording.snapshots()) > len(kept) + 1, 120, f"nothing was recorded after {seen}")
    again = lab.visit(open_tab(), app_url, run=run)
    expect(lab.state(again)).to_have_text(re.compile("Training|Finished"), timeout=PATIENCE)
    wait_for(again, lambda: len(snapshots(again)) > len(kept), "the new tab does not know what was recorded")
    expect(lab.state(again)).to_have_text("Finished", timeout=2 * PATIENCE)


def test_a_killed_worker_is_said_and_one_click_goes_on(engine, home, tmp_path, page, no_exception):
    others = children(engine)
    with served(home, tmp_path / "streamlit.log", DERIN_ENGINE=engine.address) as url:
        run = lab.train(page, url, ENDLESS)
        wait_for(page, lambda: len(snapshots(page)) > 2, "too few snapshots")
        lab.halt(page)
        lab.button(page, "Continue").click()
        expect(lab.state(page)).to_have_text("Training", timeout=PATIENCE)
        before = lab.progress(page).inner_text()
        expect(lab.progress(page)).not_to_have_text(before, timeout=PATIENCE)
        os.kill(max(children(engine) - others, key=spent), signal.SIGKILL)
        expect(lab.state(page)).to_have_text("Interrupted", timeout=PATIENCE)
        expect(page.get_by_text("has ended unexpectedly. Press Continue")).to_be_visible()
        kept = max(Recording(home / "runs" / run).snapshots())
        assert kept > 0
        lab.button(page, "Continue").click()
        expect(lab.state(page)).to_have_text("Training", timeout=PATIENCE)
        expect(page.get_by_text("has ended unexpectedly")).to_have_count(0, timeout=PATIENCE)
        wait_for(page, lambda: heard_step(page) > kept, "it does not go on")
        assert lab.run_of(page) == run
        lab.halt(page)
        page.goto("about:blank")


def children(engine) -> set[int]:
    """Return the ids of the processes that the host has forked, for every server."""
    host = engine.processes()["host"]
    return set(map(int, Path(f"/proc/{host}/task/{host}/children").read_text().split()))


def spent(process: int) -> int:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def heard_step(tab) -> int:
    return lab.heard(tab, "snapshots")["step"]


def test_a_one_drawn_with_a_finger_on_a_phone_is_read(app_url, open_tab, trained):
    phone = open_tab(390, 844, has_touch=True, is_mobile=True, device_scale_factor=2)
    lab.visit(phone, app_url, SHORT, trained)
    lab.pad(phone).scroll_into_view_if_needed()
    where = phone.evaluate("document.querySelector('[data-testid=stMain]').scrollTop")
    lab.draw_by_touch(phone, ONE)
    expect(lab.prediction(phone)).to_have_text("1", timeout=PATIENCE)
    main = "document.querySelector('[data-testid=stMain]')"
    assert phone.evaluate(f"{main}.scrollTop") == where  # drawing down did not scroll the page
    assert phone.evaluate(f"[{main}.scrollWidth, document.documentElement.scrollWidth]") == [390, 390]


def test_on_a_phone_the_pad_comes_before_the_buttons_and_these_before_the_curves(app_url, open_tab, trained):
    phone = lab.visit(open_tab(390, 844), app_url, SHORT, trained)
    parts = [phone.locator("h1"), lab.pad(phone), phone.locator(".st-key-shell_actions"),
             phone.locator(".st-key-digits-curves"), phone.locator(".st-key-digits-rewind")]
    tops = [part.bounding_box()["y"] for part in parts]
    assert tops == sorted(tops)


def test_what_is_changed_while_it_runs_is_marked_and_nothing_starts_anew(app_url, home, page, no_exception):
    run = lab.train(page, app_url, ENDLESS)
    lab.open_group(page, "training")
    page.locator(".st-key-digits-learning_rate").get_by_role("slider").press("ArrowRight")
    marks(page, 1)
    lab.open_group(page, "mistakes")
    page.locator(".st-key-digits-zero_grad label").first.click()
    marks(page, 2)
    page.locator(".st-key-digits-eval_mode label").first.click()
    marks(page, 3)
    said = [mark["text"] for mark in lab.heard(page, "curves")["marks"]]
    assert said == ["Learning rate 0.002", "Call zero_grad() off", "Call eval() off"]
    assert lab.run_of(page) == run
    before = heard_step(page)
    wait_for(page, lambda: heard_step(page) > before > 0, "it does not go on")
    lab.halt(page)
    made = [(event["field"], event["value"]) for event in Recording(home / "runs" / run).events()
            if event["kind"] == "change"]
    assert made == [("training.learning_rate", 0.002), ("training.zero_grad", False), ("training.eval_mode", False)]


def marks(tab, count: int) -> None:
    """Wait until the curves carry so many marks."""
    wait_for(tab, lambda: len(lab.heard(tab, "curves")["marks"]) == count, f"there are not {count} marks on the curves")


def test_nothing_moves_while_it_trains(app_url, page):
    lab.train(page, app_url, ENDLESS)
    lab.draw(page, SEVEN)
    wait_for(page, lambda: lab.counts(page) and len(snapshots(page)) >= 2, "nothing to see yet")
    page.wait_for_timeout(1000)
    page.evaluate(WATCH)
    before = lab.progress(page).inner_text()
    page.wait_for_timeout(4000)
    assert lab.progress(page).inner_text() != before
    assert page.evaluate("() => { clearInterval(window.watching); return [...window.moved]; }") == []
    assert page.evaluate("() => window.watched.flatMap(({nodes}) => nodes).every(node => node.isConnected)")
    lab.halt(page)


WATCH = """() => {
  const names = ["canvas", "curves", "confusion", "filters", "maps0", "rewind", "live"];
  const hosts = (place) => [...place.querySelectorAll("*")].filter(node => node.shadowRoot);
  window.watched = names.map(name => {
    const place = document.querySelector(`.st-key-digits-${name}`);
    const nodes = hosts(place).flatMap(host => [...host.shadowRoot.querySelectorAll("canvas, [role=gridcell]")]);
    return { name, place, nodes };
  });
  const look = ({ name, place }) => {
    const { x, y, width, height } = place.getBoundingClientRect();
    return `${name} ${[x, y, width, height, getComputedStyle(place).opacity]}`;
  };
  window.moved = new Set();
  const first = window.watched.map(look);
  window.watching = setInterval(() => {
    window.watched.map(look).forEach((now, at) => now === first[at] || window.moved.add(`${first[at]} -> ${now}`));
  }, 20);
}"""


def test_everything_can_be_done_with_the_keyboard_alone(app_url, page, trained, no_exception):
    lab.visit(page, app_url, SHORT, trained)
    expect(lab.state(page)).to_have_text("Finished", timeout=PATIENCE)
    lab.pad(page).focus()
    page.keyboard.press("7")
    expect(lab.prediction(page)).to_have_text("7", timeout=PATIENCE)
    page.keyboard.press("Delete")
    expect(lab.prediction(page)).to_have_text("", timeout=PATIENCE)
    wait_for(page, lambda: lab.counts(page), "no matrix")
    lab.cell(page, 0, 0).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-digits-examples .title")).to_have_text("2 read as 2", timeout=PATIENCE)


def test_the_tab_key_comes_from_the_menu_to_train_and_on_to_the_pad(app_url, page):
    lab.visit(page, app_url, SHORT)
    page.get_by_test_id("stSidebarNavLink").last.focus()
    passed = []
    for _ in range(60):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == "application":
            break
    assert {"Train", "Step", "application"} <= set(passed), passed
    assert passed.index("Train") < passed.index("Step") < passed.index("application")


FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node?.getAttribute("role") === "application" ? "application" : node?.innerText?.trim().split("\\n").at(-1);
}"""


def test_impossible_values_in_the_address_become_the_nearest_and_it_is_said(app_url, page, no_exception):
    asked = {"data": {"train_size": 10**9, "augment": {"rotation": "x"}},
             "training": {"learning_rate": 1e9, "batch_size": -3, "optimizer": "magic"}, "secret": 1}
    page.goto(f"{app_url}/digits?experiment={json.dumps(asked)}&run=nosuchrun")
    settled(page)
    lab.pad(page).wait_for()
    said = " ".join(page.get_by_test_id("stAlert").all_inner_texts())
    for words in ("could not be used", "Learning rate was 1000000000", "now it is 10", "Batch size was -3",
                  "a run that is not here"):
        assert words in said
    used = json.loads(parse_qs(urlparse(page.url).query)["experiment"][0])
    assert used["training"] == {"learning_rate": 10, "batch_size": 1}
    lab.open_group(page, "training")
    assert value_of(page, "learning_rate") == "10"
    expect(lab.button(page, "Train")).to_be_enabled()
