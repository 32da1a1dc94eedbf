"""The subject index: every subject leads to a page that explains it, in both languages."""

import pytest

from pages.ui import finding, shell
from pages.ui.language import read_lesson, speaking, translations
from pages.ui.subjects import SUBJECTS

LANGUAGES = ("en", "tr")


def lowered(text: str) -> str:
    """Return a text in small letters, as they are in Turkish too."""
    return text.replace("İ", "i").replace("*", "").lower()


def synonyms(word: str, language: str) -> list[str]:
    """Return what a word of the index is in a language: "aşırı öğrenme, aşırı uyum" are two words for one thing."""
    said = translations(language).gettext(word).replace("(", ",").replace(")", "")
    return [lowered(part).strip() for part in said.split(",")]


def test_every_subject_leads_to_a_page_of_the_menu():
    there = {file.removesuffix(".py") for _group, file, _title in shell.pages_there()}
    assert {subject.page for subject in SUBJECTS} == there - {"home"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_every_subject_are_explained_on_its_page(language):
    unexplained = [(subject.page, word) for subject in SUBJECTS for phrase in subject.words
                   for word in synonyms(phrase, language) if word not in lowered(read_lesson(language, subject.page))]
    assert unexplained == []


@pytest.mark.parametrize(("language", "words"), [
    ("en", ("pooling", "dropout", "backpropagation", "self-attention", "weight decay")),
    ("tr", ("havuzlama", "seyreltme", "geri yayılım", "öz dikkat", "evrişim", "konvolüsyon", "gizli durum",
            "unutma kapısı", "dropout", "pooling", "aşırı uyum", "dönüştürücü", "zincir kuralı", "öğrenme oranı",
            "karışıklık matrisi", "gürültü", "parametre sayısı", "adam", "devir", "tam bağlantılı katman")),
])
def test_the_words_of_a_course_are_in_the_index(language, words):
    with speaking(language):
        names = [lowered(entry) for entry in finding.list_entries()]
    assert [word for word in words if not any(word in name for name in names)] == []


def test_the_index_is_in_the_alphabetical_order_of_its_language():
    with speaking("tr"):
        names = list(finding.list_entries())
    assert names.index("çekirdek (kernel) · Evrişim") < names.index("gecikme (delay) · Tekrarlayan ağlar")
    assert names.index("ortalama karesel hata (mean squared error) · Geri yayılım") < names.index(
        "örtme (occlusion) · Belirginlik")


def test_a_word_that_is_also_the_name_of_a_page_comes_before_the_words_of_that_page():
    with speaking("tr"):
        found = [name for name in finding.list_entries() if "geri yayılım" in lowered(name)]
    assert found[0] == "geri yayılım (backpropagation) · Geri yayılım" and len(found) > 5


def choose(app, entry: str):
    return app.selectbox(key="home.subject").set_value(entry).run()


def test_a_chosen_subject_opens_its_page_at_the_group_where_it_is_set(app_test):
    app = choose(app_test(), "learning rate (öğrenme oranı) · Digits")
    assert app.title[0].value == "Digits"
    assert app.info[0].value.startswith("**learning rate (öğrenme oranı).** In the sidebar under Training")
    opened = [one.label for one in app.sidebar.expander if one.proto.expanded]
    assert [label.split("**")[1] for label in opened] == ["Network", "Training"]
    app.switch_page("pages/neuron.py").run()
    assert not app.info


def test_a_chosen_subject_opens_its_tab_in_turkish(app_test):
    app = choose(app_test(locale="tr-TR"), "duyarlılık (recall) · Rakamlar")
    assert app.session_state["digits.closer"] == "Sınıf sınıf sonuçlar"
    assert app.info[0].value == "**duyarlılık (recall).** Aşağıda, Sınıf sınıf sonuçlar sekmesi."


def test_a_chosen_subject_shows_its_part_of_the_page_and_leaves_the_picture_as_it_was(app_test):
    app = app_test("convolution.py", convolution='{"kind":"convolution","layer":"conv2"}')
    app.switch_page("pages/home.py").run()
    app = choose(app, "stride (adım) · Convolution")
    assert app.query_params["convolution"] == '{"kind":"convolution","layer":"conv2","view":"bench"}'
