"""What comes from a visitor, a file or a link makes no element where Streamlit renders Markdown, and loads nothing."""

import json
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import expect

from pages.ui.foreign import END, ISOLATE, JOINER, one_line
from tests.conftest import copy_app, served, settled

pytestmark = pytest.mark.browser

TRICKS = [
    "**bold** *slanted* ***both*** ~~struck~~ __under__", "[in](//evil.example/p)", "![picture](//evil.example/i.png)",
    "<img src=//evil.example/h.png> <b>fat</b> <script>1</script> &lt; &#60;", "$k^2$ and $$x_1$$ \\(y\\)",
    ":red[c] :blue-background[c] :green-badge[c] :small[c] :color[c]{foreground=red} :help[tip] :rainbow[c]",
    ":material/home: :material_home: :streamlit: :shimmer[s]", ":red_circle: :+1: :smile: :100:",
    "www.evil.example https://evil.example/x http://evil.example mail@evil.example mailto:a@evil.example",
    "# heading", "1. item", "- item", "+ item", "> said", "---", "===", "| a | b |", "`code` ``more``", "[^1]",
    "[x]: //evil.example/y",
    "a\n\n# b\n\n![i](//evil.example/j.png)", "    indented", "a\\", "\\*not\\*",
    "x -> y <- z <-> w -- v >= u <= t ~= s",
    "::name[x] :::block", ":::note\n:::", "a\u202egnp.exe\u202c", "zero\u200bwidth\u200d\ufeff\u2066x\u2069",
    "نص عربي *x*", "کتاب\u200cها",
    "picture \U0001f469\u200d\U0001f4bb", "Kahve & çay: 12:30 #3", "learning_rate", "1.5,-0.3",
]
SCRIPT = f'''
import streamlit as st
from pages.ui.foreign import plain, quoted
from pages.ui.shell import open_page

TRICKS = {TRICKS!r}
open_page("Foreign", "What is shown.")
for at, trick in enumerate(TRICKS):
    with st.container(key=f"case_{{at}}"):
        st.markdown(plain(trick))
        st.info(plain(trick))
        st.caption("A sentence: **" + plain(trick) + "** and more")
        st.button(plain(trick), key=f"button_{{at}}")
        st.pills("label " + plain(trick), [at], format_func=lambda at: plain(TRICKS[at]), key=f"pill_{{at}}")
        st.expander("**Group** :small[:gray[" + plain(trick) + "]]", key=f"group_{{at}}")
        st.markdown("- code " + quoted(trick))
st.markdown("the end")
'''
ELEMENTS = ("a, img, svg, h1, h2, h3, h4, h5, h6, ul, ol, li, hr, table, blockquote, del, em, script, iframe, video, "
            ".katex, pre, strong strong, [class*=stMarkdownColored], [class*=stMarkdownBadge], [role=img], math")


@pytest.fixture(scope="module")
def foreign_url(engine, home, tmp_path_factory):
    """The address of the app with a page that shows every trick in every kind of place."""
    root = copy_app(tmp_path_factory.mktemp("foreign"), neuron=SCRIPT)
    with served(home, root / "streamlit.log", root, DERIN_ENGINE=engine.address) as url:
        yield url


def bare(text: str) -> str:
    """Return a text without what keeps its parts apart, and without spaces."""
    return "".join(letter for letter in text if letter not in f"{JOINER}{ISOLATE}{END}" and not letter.isspace())


def watch_requests(tab) -> list[str]:
    asked = []
    tab.on("request", lambda request: asked.append(request.url))
    return asked


def from_elsewhere(asked: list[str], url: str) -> list[str]:
    return [one for one in asked if urlsplit(one).netloc not in ("", urlsplit(url).netloc)]


def test_no_trick_makes_an_element_anywhere(foreign_url, open_tab):
    tab = open_tab(height=2000)
    asked = watch_requests(tab)
    tab.goto(f"{foreign_url}/neuron")
    expect(tab.get_by_text("the end")).to_be_visible(timeout=120_000)
    expect(tab.locator("[class*=st-key-pill_] button")).to_have_count(len(TRICKS), timeout=120_000)
    expect(tab.locator("[class*=st-key-button_] button")).to_have_count(len(TRICKS), timeout=120_000)
    found = tab.evaluate("""(elements) => [...document.querySelectorAll('[class*=st-key-case_]')].map((box) => {
        const texts = box.querySelectorAll('[data-testid=stMarkdownContainer], [data-testid=stCaptionContainer]');
        return [...texts].map((text) => [text.textContent,
            [...text.querySelectorAll(elements)].map((one) => one.tagName.toLowerCase())]);
    })""", ELEMENTS)
    assert len(found) == len(TRICKS)
    for trick, places in zip(TRICKS, found, strict=True):
        seen = one_line(trick)
        wanted = [(seen, []), (seen, []), (f"A sentence: {seen} and more", []), (seen, []), (f"label {seen}", []),
                  (seen, []), (f"Group {seen}", ["span"]), (f"code {one_line(trick.replace('`', ' '))}", ["ul", "li"])]
        assert [(bare(text), elements) for text, elements in places] == [(bare(text), own) for text, own in wanted]
    assert from_elsewhere(asked, foreign_url) == []


LINK = "x**\n\n# Session ended\n\n[Sign in](//evil.example/p) ![i](//evil.example/i.png) :red[now] :material/home: $k$"


@pytest.mark.parametrize("page, kind", [("digits", "experiment"), ("recurrent", "recurrent")])
def test_a_link_writes_nothing_into_our_boxes(app_url, page, kind, open_tab):
    tab = open_tab()
    asked = watch_requests(tab)
    spec = {LINK: 1, "training": {"optimizer": LINK, f"\u202e{LINK}": LINK}}
    tab.goto(f"{app_url}/{page}?{kind}={quote(json.dumps(spec))}&text={quote(LINK)}&source={quote(LINK)}")
    settled(tab)
    box = tab.get_by_test_id("stAlertContainer").filter(has_text="# Session ended").first
    expect(box).to_contain_text("[Sign in](//evil.example/p)")
    assert tab.get_by_test_id("stAlertContainer").locator(ELEMENTS.replace("ul, ol, li, ", "")).count() == 0
    assert "\u202e" not in tab.inner_text("body")
    assert from_elsewhere(asked, app_url) == []
