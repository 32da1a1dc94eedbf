"""Who the visitor is: a cookie that comes with the page, is no script's business, and a session's own where none is."""

import re

import pytest
import streamlit as st

from pages.ui import visitors
from pages.ui.visitors import COOKIE, SECRET, Introduction, visiting, visitor
from tests.conftest import run_apart

HTML = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-cache")]


@pytest.fixture
def session(monkeypatch):
    """Return a function that begins a session without a browser, with the cookies that came with it."""
    def begin(**cookies: str) -> None:
        monkeypatch.setattr(st, "session_state", {})
        monkeypatch.setattr(st, "context", type("Context", (), {"cookies": cookies}))
    begin()
    return begin


def test_all_sessions_of_a_browser_are_one_visitor_with_tabs_of_their_own(session):
    seen = []
    for _ in range(3):
        session(**{COOKIE: "s" * 32})
        seen.append((visitor(), visitors.is_known(), visitors.tab()))
        assert visitor() == seen[-1][0] and visitors.tab() == seen[-1][2]
    assert {one[:2] for one in seen} == {("s" * 32, True)} and len({one[2] for one in seen}) == 3


@pytest.mark.parametrize("forged", ["", "short", "x" * 500, "a b" * 10, "s" * 32 + "\n", "<script>alert(1)</script>",
                                    "ş" * 32])
def test_without_a_cookie_of_ours_each_session_is_a_visitor(session, forged):
    seen = set()
    for cookies in ({}, {COOKIE: forged}, {"another": "s" * 32}):
        session(**cookies)
        seen.add(visitor())
        assert visitor() in seen and SECRET.fullmatch(visitor()) and not visitors.is_known()
    assert len(seen) == 3 and forged not in seen


def test_a_line_is_answered_for_the_session_that_opened_it(session):
    session(**{COOKIE: "s" * 32})
    with visiting("o" * 32, "tab"):
        assert (visitor(), visitors.tab()) == ("o" * 32, "tab")
    assert visitor() == "s" * 32


def answered(app_headers=HTML, status=200, scheme="http", path="/", **headers: str) -> dict[str, list[str]]:
    """Return the headers with which an app's answer to a browser leaves."""
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": app_headers})

    sent: dict[str, list[str]] = {}

    async def send(message):
        for name, value in message["headers"]:
            sent.setdefault(name.decode(), []).append(value.decode())

    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    run_apart(Introduction(app, path)({"type": "http", "scheme": scheme, "headers": pairs}, None, send))
    return sent


def test_a_new_browser_gets_a_cookie_with_the_page_that_no_script_reads_and_no_cache_shares():
    first, second = answered(), answered()
    found = [re.fullmatch(rf"{COOKIE}=({SECRET.pattern}); Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax", cookie)[1]
             for sent in (first, second) for cookie in sent["set-cookie"]]
    assert len(set(found)) == 2 and min(map(len, found)) == 32
    assert first["cache-control"] == ["private, no-cache"]


def test_a_browser_that_is_known_keeps_its_cookie_and_one_that_is_not_ours_is_replaced():
    assert answered(cookie=f"a=b; {COOKIE}={'s' * 32}")["set-cookie"][0].startswith(f"{COOKIE}={'s' * 32};")
    assert "short" not in answered(cookie=f"{COOKIE}=short")["set-cookie"][0]
    assert answered(cookie=f"{COOKIE}={'s' * 32}", scheme="https", path="/derin")["set-cookie"][0].endswith(
        "Path=/derin; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure")


def test_the_cookie_comes_with_pages_alone_also_with_one_that_the_browser_has_already():
    assert "set-cookie" not in answered([(b"content-type", b"text/javascript")])
    assert "set-cookie" in answered([], 304, accept="text/html,application/xhtml+xml")
    assert "set-cookie" not in answered([], 304, accept="*/*")
