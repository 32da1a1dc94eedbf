"""The frame of every page in a real browser: deep links, reload, language, phone, theme, nothing from elsewhere."""

import re

import pytest
from playwright.sync_api import expect

from pages.ui.shell import pages_there
from pages.ui.visitors import COOKIE, SECRET
from tests.conftest import served, settled

pytestmark = pytest.mark.browser

PAGES = [f"/{file.removesuffix('.py')}".replace("/home", "/") for _group, file, _title in pages_there()]


def menu(tab) -> list[str]:
    return tab.get_by_test_id("stSidebarNavLink").all_inner_texts()


def test_a_deep_link_may_be_the_first_request_of_a_server(engine, home, tmp_path, page):
    """Streamlit would take the folder pages/ for its own, run the page without app.py and list every file."""
    with served(home, tmp_path / "streamlit.log", DERIN_ENGINE=engine.address) as url:
        page.goto(f"{url}/digits")
        settled(page)
        expect(page.locator("h1")).to_have_text("Digits")
        assert menu(page) == [title for _group, _file, title in pages_there()]
        expect(page.get_by_test_id("stSidebarLogo")).to_be_visible()
        page.get_by_test_id("stSidebarNavLink").first.click()
        expect(page.locator("h1")).not_to_have_text("Digits")
        settled(page)
        page.goto("about:blank")  # before the server goes


def secret_of(tab) -> str:
    """Return the cookie by which a browser is known, which no script of a page can read."""
    cookie, = (one for one in tab.context.cookies() if one["name"] == COOKIE)
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and COOKIE not in tab.evaluate("document.cookie")
    return cookie["value"]


def test_a_reload_and_a_second_tab_keep_the_visitor(app_url, page):
    page.goto(app_url)
    settled(page)
    secret = secret_of(page)
    page.reload()
    settled(page)
    second = page.context.new_page()
    second.goto(f"{app_url}/digits")
    settled(second)
    assert SECRET.fullmatch(secret) and secret_of(second) == secret


def test_another_browser_is_another_visitor(app_url, open_tab):
    secrets = set()
    for tab in (open_tab(), open_tab()):
        tab.goto(app_url)
        settled(tab)
        secrets.add(secret_of(tab))
    assert len(secrets) == 2


def test_the_chosen_language_survives_a_reload_and_a_page_switch(app_url, page):
    page.goto(app_url)
    settled(page)
    page.get_by_text("Türkçe", exact=True).click()
    expect(page).to_have_url(re.compile("lang=tr"))
    page.reload()
    settled(page)
    assert "Ana sayfa" in menu(page)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Rakamlar").click()
    expect(page.locator("h1")).to_have_text("Rakamlar")
    expect(page).to_have_url(re.compile("lang=tr"))


def test_the_browsers_language_is_the_first(app_url, open_tab):
    tab = open_tab(locale="tr-TR")
    tab.goto(f"{app_url}/digits")
    expect(tab.locator("h1")).to_have_text("Rakamlar")


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_shows_the_page_without_scrolling_sideways(app_url, open_tab, path):
    tab = open_tab(390, 844)
    tab.goto(f"{app_url}{path}")
    settled(tab)
    widest = "Math.max(...[...document.querySelectorAll('[data-testid=stMain], html')].map(e => e.scrollWidth))"
    assert tab.evaluate(widest) <= 390


@pytest.mark.parametrize(("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 21, 28)")])
def test_the_theme_follows_the_system(app_url, open_tab, scheme, background):
    tab = open_tab(color_scheme=scheme)
    tab.goto(app_url)
    settled(tab)
    expect(tab.get_by_test_id("stApp")).to_have_css("background-color", background)


def test_nothing_is_asked_of_other_machines(app_url, page):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    for path in PAGES:
        page.goto(f"{app_url}{path}")
        settled(page)
    elsewhere = [url for url in asked if not url.startswith((app_url, "data:", "blob:", app_url.replace("http", "ws")))]
    assert elsewhere == []


def test_nonsense_in_the_address_shows_no_traceback(app_url, page):
    page.goto(f"{app_url}/digits?experiment=%7B%22training%22%3A&run=..%2F..&lang=xx&junk=%00%ff")
    settled(page)
    expect(page.locator("h1")).to_have_text("Digits")
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("could not be used")).to_be_visible()
