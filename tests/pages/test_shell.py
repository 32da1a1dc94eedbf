"""The frame: a menu of the pages that exist, and what is said about a link."""

import json

import pytest

from pages.ui import shell


def test_the_menu_has_the_pages_that_exist_and_no_others(monkeypatch):
    monkeypatch.setattr(shell, "MENU", (*shell.MENU, ("Basics", "not_written_yet.py", "Later")))
    files = [file for _group, file, _title in shell.pages_there()]
    assert files[0] == "home.py"
    assert "not_written_yet.py" not in files
    assert all((shell.PAGES / file).exists() for file in files)


@pytest.mark.parametrize("page", [file for _group, file, _title in shell.pages_there()])
@pytest.mark.parametrize("locale", ["en-US", "tr-TR"])
def test_every_page_opens_in_both_languages(app_test, page, locale):
    app = app_test(page, locale=locale)
    assert app.title[0].value


@pytest.mark.parametrize("locale", ["en-US", "tr-TR"])
def test_titles_differ_between_the_languages(app_test, locale):
    title = app_test("digits.py", locale=locale).title[0].value
    assert title == {"en-US": "Digits", "tr-TR": "Rakamlar"}[locale]


def test_what_was_mended_in_a_link_is_said(app_test):
    app = app_test("digits.py", experiment=json.dumps({"kind": "experiment", "training": {"learning_rate": 1e9}}))
    assert "Learning rate" in app.info[0].value
    assert app.run().info[0].value.startswith("Some settings in the link could not be used")


def test_markdown_in_a_link_is_shown_as_it_is(app_test):
    trick = "`[click](http://example.org)`\n# big"
    app = app_test("digits.py", experiment=json.dumps({"kind": "experiment", "training": {"optimizer": trick}}))
    assert "`[click](http://example.org) # big`" in app.info[0].value


@pytest.mark.parametrize("run", ["nobody-knows-me", "../../etc/passwd", "", "x" * 10_000])
def test_an_unknown_run_is_said_in_a_sentence(app_test, run):
    app = app_test("digits.py", run=run)
    assert any("run that is not here" in info.value for info in app.info)
    assert "run" not in app.query_params


def test_parameters_that_nobody_knows_change_nothing(app_test):
    plain, odd = app_test("digits.py"), app_test("digits.py", junk="\x00", experimental="1")
    assert [title.value for title in odd.title] == [title.value for title in plain.title]
    assert len(odd.info) == 0
