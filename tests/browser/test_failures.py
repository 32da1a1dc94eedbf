"""What goes wrong in a page where nobody has thought of it: a sentence of ours, a way on, and details to be copied."""

import re

import pytest
from playwright.sync_api import expect

from dlcore.specs.recurrent import Recurrent
from tests.conftest import ROOT, copy_app, served, settled

pytestmark = [pytest.mark.browser, pytest.mark.fails]

BROKEN = '''
import streamlit as st
from pages.ui import state
from pages.ui.forms import Form
from pages.ui.shell import open_page

def fail(*_):
    raise ValueError("**bold** <img src=x> [link](//evil.example/p)")

open_page("Broken", "It fails where it is told to.")
spec = state.experiment("recurrent")
st.markdown(f"seed {spec.training.seed}, run {state.run('recurrent')}")
if spec.training.seed == 3:
    fail()
st.button("callback", key="callback", on_click=fail)

@st.fragment
def part():
    if st.button("fragment", key="fragment"):
        fail()
    st.markdown("part of it")

part()
st.markdown("end of it")
'''
LINK = "recurrent?recurrent=%7B%22training%22%3A%7B%22seed%22%3A3%7D%7D"
OWNER = "who made the run of failures"


@pytest.fixture(scope="module")
def broken_url(engine, home, tmp_path_factory):
    """The address of the app with a page that fails on demand."""
    root = copy_app(tmp_path_factory.mktemp("broken"), recurrent=BROKEN)
    log = root / "streamlit.log"
    with served(home, log, root, fails=True, DERIN_ENGINE=engine.address) as url:
        yield url
    logged = re.findall(r"^ValueError: ", log.read_text(), re.MULTILINE)
    assert 0 < len(logged) <= 2, log.read_text()  # the page's and the callback's place is one, whoever asks how often


@pytest.fixture(scope="module")
def run(engine):
    """The id of a run of the page that stands still."""
    run = engine.start_run(Recurrent(), OWNER, paused=True)
    yield run
    engine.stop(run, OWNER)


def box(tab):
    return tab.locator("[class*=st-key-failure_ValueError]")


@pytest.mark.parametrize("locale, sentence, over", [("en-US", "Something went wrong here.", "Start over"),
                                                     ("tr-TR", "Burada bir şey ters gitti.", "Baştan başla")])
def test_a_page_that_fails_says_so_and_starts_over_with_its_run(broken_url, run, open_tab, locale, sentence, over):
    tab = open_tab(locale=locale)
    tab.goto(f"{broken_url}/{LINK}&run={run}")
    expect(box(tab)).to_contain_text(sentence)
    expect(tab.get_by_test_id("stException")).to_have_count(0)
    tab.get_by_role("button", name=over).click()
    expect(tab.get_by_text("end of it")).to_be_visible()
    expect(box(tab)).to_have_count(0)
    expect(tab).to_have_url(re.compile(rf"recurrent\?(.*&)?run={run}"))
    assert "recurrent=" not in tab.url
    tab.reload()
    expect(tab.get_by_text("end of it")).to_be_visible()


def test_a_fragment_and_a_callback_that_fail_say_so(broken_url, page):
    page.goto(f"{broken_url}/recurrent")
    settled(page)
    page.get_by_role("button", name="fragment").click()
    expect(box(page)).to_contain_text("Something went wrong here.")
    expect(page.get_by_text("end of it")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(box(page)).to_have_count(0)
    page.get_by_role("button", name="callback").click()
    expect(box(page)).to_contain_text("Something went wrong here.")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_text("end of it")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_the_details_are_text_without_the_places_of_the_server(broken_url, open_tab):
    tab = open_tab(permissions=["clipboard-read", "clipboard-write"])
    tab.goto(f"{broken_url}/{LINK}")
    tab.get_by_role("button", name="Copy the details").click()
    expect(tab.get_by_text("Copied")).to_be_visible()
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert "ValueError: **bold** <img src=x>" in copied
    assert 'File "pages/recurrent.py"' in copied
    assert "seed" in copied and str(ROOT) not in copied and "/home/" not in copied and "/site-packages" not in copied
    assert box(tab).locator("img, a, strong:has-text('bold')").count() == 0


def test_a_part_whose_script_fails_says_so_in_its_place(app_url, chromium):
    context = chromium.new_context(locale="tr-TR")
    tab = context.new_page()
    tab.route(re.compile("/js/[0-9a-f]+/curves.js"), lambda route: route.fulfill(
        content_type="text/javascript", body="export default () => { throw new Error('**no** <img src=x>') };"))
    tab.goto(f"{app_url}/digits")
    expect(tab.get_by_text("çizilemedi").first).to_be_visible(timeout=30_000)
    assert tab.get_by_test_id("stException").count() == 0 and tab.get_by_text("BidiComponent").count() == 0
    context.close()
