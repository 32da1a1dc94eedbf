"""What comes from a visitor, a file or a link, wherever a page shows it: no Markdown of it is left in any text."""

import json
import re
from collections.abc import Iterator

import pytest
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from dlcore.data import images, shelf
from dlcore.data.own_texts import keep_text, read_text
from dlcore.data.tables import keep_table, read_table
from dlcore.errors import DataError, SpecError
from dlcore.specs.codec import to_link
from dlcore.specs.experiment import Experiment
from dlcore.specs.experiment import learn_from as learn_pictures
from dlcore.specs.model import MLP, Network
from dlcore.specs.saliency import Saliency
from pages.ui.foreign import END, ISOLATE, JOINER, one_line, plain, quoted
from pages.ui.language import told
from pages.ui.live import pack
from tests.conftest import wait_until
from tests.dlcore.data.keeping import make_arrays

NASTY = ("**bold** [in](//evil.example/p) ![i](//evil.example/i.png) <img src=//evil.example/h> $k$ :red[c] "
         ":material/home: :red_circle: www.evil.example a\u202eb\u200bc")
RAW = re.compile(r"(?<!\\)\*bold|(?<!\\)\]\(//evil|(?<!\\)!\[i\]|(?<!\\)<img|(?<!\\)\$k|(?<!\\):red\[|:material/home:|"
                 r":red_circle:|www\.evil|[\u202a-\u202e\u200b]")
# what is no Markdown, as far as Streamlit is asked
VERBATIM = ("bidi_component", "code", "arrow_data_frame", "arrow_vega_lite_chart", "vega_lite_chart", "text")
TYPED = ("value", "default", "placeholder", "options", "id", "query_string", "uploaded_file_info", "raw_options")


def texts(message: Message) -> Iterator[str]:
    """Yield the texts of an element that Streamlit may render as Markdown."""
    for field, value in message.ListFields():
        values = [value] if isinstance(value, str | Message) else list(value) if hasattr(value, "__len__") else []
        for one in values:
            if isinstance(one, Message):
                yield from texts(one)
            elif isinstance(one, str) and field.name not in TYPED:
                yield re.sub(r"`[^`]*`", "", one)


def left_over(app) -> list[str]:
    """Return the texts of a page in which something foreign could still become an element."""
    found = []
    for element in elements(app._tree):
        if element.type not in VERBATIM:
            found += [one for one in texts(element.proto) if RAW.search(one)]
    return found


def elements(block) -> Iterator:
    for child in getattr(block, "children", {}).values():
        if getattr(child, "proto", None) is not None and hasattr(child.proto, "ListFields"):
            yield child
        yield from elements(child)


def test_a_left_over_is_found(app_test):
    """The search itself: what is not escaped is seen."""
    from streamlit.testing.v1 import AppTest

    def page(text):
        import streamlit

        for draw in (streamlit.markdown, streamlit.info, streamlit.button, streamlit.expander, streamlit.caption):
            draw(text)
        streamlit.tabs([text])
        streamlit.metric(text, 1)
        streamlit.pills("label", [1], format_func=lambda _one: text)
        streamlit.toggle("x", help=text)

    app = AppTest.from_function(page, args=(NASTY,)).run()
    assert len(left_over(app)) >= 9
    assert left_over(AppTest.from_function(page, args=(plain(NASTY),)).run()) == []


KINDS = {"digits.py": "experiment", "neuron.py": "neuron", "backprop.py": "backprop", "playground.py": "playground",
         "convolution.py": "convolution", "saliency.py": "saliency", "recurrent.py": "recurrent",
         "transformer.py": "transformer", "diffusion.py": "noising"}


@pytest.mark.parametrize("page, locale", [*((page, "en-US") for page in KINDS), ("digits.py", "tr-TR")])
def test_a_link_with_foreign_names_and_values(app_test, page, locale):
    kind = KINDS[page]
    spec = {NASTY: NASTY, "data": {"task": NASTY, NASTY: 1}, "training": {"optimizer": NASTY, NASTY: NASTY},
            "subject": {"picture": NASTY}, "network": {NASTY: [NASTY]}, "activation": NASTY, "schedule": NASTY}
    more = dict.fromkeys(("lang", "part", "show", "hide", "text", "target", "source", NASTY), NASTY)
    app = app_test(page, locale=locale, **{kind: json.dumps(spec), **more, "run": NASTY})
    assert app.info and "evil.example" in app.info[0].value.replace("\\", "").replace(JOINER, "")
    assert left_over(app) == []


@pytest.mark.parametrize("spec", ['{"data":{"task":"names"}}', '{"data":{"task":"shakespeare"}}',
                                  '{"data":{"task":"grammar"}}'])
def test_a_text_that_the_cells_cannot_read(app_test, awake, spec):
    app = app_test("recurrent.py", recurrent=spec, text=NASTY)
    wait_until(lambda: app.run().warning or "shakespeare" in spec, 30, "nothing was said of the text")
    assert left_over(app) == []


@pytest.mark.parametrize("task", ["numbers", "dates", "reverse", "plays", "bpe"])
def test_a_text_that_the_transformer_cannot_read(app_test, awake, task):
    app = app_test("transformer.py", transformer=json.dumps({"data": {"task": task}}), text=NASTY, target=NASTY)
    assert left_over(app.run()) == []


def test_the_tokens_of_an_own_text(app_test, awake):
    name = keep_text(awake.home, read_text((NASTY + "\n").encode() * 40))
    spec = json.dumps({"data": {"task": "own", "text": name}, "network": {"context": 16, "width": 16, "layers": 1}})
    app = app_test("transformer.py", transformer=spec, text=NASTY[:12])
    for tab in app.tabs:
        app.session_state["transformer.closer"] = tab.label
        app.run()
        assert left_over(app.run()) == [], tab.label


def test_words_that_no_prompt_knows(app_test, awake):
    spec = json.dumps({"network": {"condition": "prompt"}, "training": {"prompt": NASTY[:100]}})
    asked = json.dumps({"prompt": NASTY, "negative": NASTY})
    app = app_test("diffusion.py", part="digits", diffusion=spec, sampling=asked)
    assert any("~~evil~~" in text.value for text in app.markdown)
    for tab in app.tabs:
        app.session_state["diffusion.closer"] = tab.label
        app.run()
        assert left_over(app.run()) == [], tab.label


def test_the_labels_of_a_table(app_test, awake):
    rows = "\n".join(f'{at},{-at},"{NASTY if at % 2 else "plain"}"' for at in range(40))
    name = keep_table(awake.home, read_table(f"x,y,label\n{rows}".encode()))
    app = app_test("playground.py", playground=json.dumps({"data": {"dataset": "table", "table": name}}))
    assert any("evil.example" in text.value.replace(JOINER, "") for text in app.caption)
    assert left_over(app) == []


OWN = "own-3-60-12-00112233aabbccee"


def test_the_names_of_own_classes(app_test, awake):
    images.keep_in(awake.home)
    shelf.put(OWN, make_arrays(OWN, 60, 12), ("cup", NASTY, "# pen"))
    spec = to_link(learn_pictures(Experiment(network=Network(blocks=MLP)), OWN))
    app = app_test("digits.py", experiment=spec)
    app.session_state["_collected.digits"] = {"dataset": OWN, "counts": {NASTY: 20, "# pen": 3}, "twice": 1,
                                              "refused": [(NASTY, "{name} is no picture.", {"name": NASTY})]}
    app.run()
    assert left_over(app) == [] and any("evil.example" in info.value.replace(JOINER, "") for info in app.info)
    app.button(key="digits.train").click().run()
    run = app.query_params["run"]
    wait_until(lambda: awake.view(run).state == "finished", 120, "the run did not finish")
    app.session_state["digits.confusion"] = {"cell": [1, 1]}
    for tab in app.tabs:
        app.session_state["digits.closer"] = tab.label
        app.run()
        assert left_over(app.run()) == [], tab.label
    for view in ("layers", "filters", "shift"):
        link = json.dumps({"view": view, "off": [["conv1", 0]]})
        assert left_over(app_test("convolution.py", convolution=link, run=run)) == []
    assert left_over(app_test("saliency.py", saliency=to_link(Saliency()), run=run)) == []


def test_what_an_error_names_is_escaped_once_and_only_where_it_is_markdown(app_test):
    error = SpecError("data", "{name} cannot be {value}.", name="data.task", value="*a* [b](//c)")
    assert str(error) == "data.task cannot be *a* [b](//c)."
    assert told(error) == r"data.task cannot be \*a\* \[b\](//c)."
    assert told(error, markdown=False) == "data.task cannot be *a* [b](//c)."
    assert told(DataError("{n:,} rows", n=12_345)) == "12,345 rows"


def test_our_scripts_get_texts_as_they_are_but_for_what_turns_them_around():
    sent = pack({"name": "a\u202eb <b> *c* \u200d"}).decode()
    assert "a⟨U+202E⟩b <b> *c* \u200d" in sent


@settings(max_examples=300, derandomize=True, database=None, deadline=None)
@given(st.text(max_size=30) | st.text(alphabet="*_`[]()<>!#:$|~\\-+=.w:/@ a1\n\u202e", max_size=30))
def test_what_is_escaped_reads_as_the_text_does_and_holds_nothing_unseen(text):
    written = plain(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]<>~$&#|]", re.sub(r"\\.", "", written))
    assert "\n" not in written and not re.search("[\u202a-\u202e\u200b\x00-\x1f]", written)
    seen = re.sub(r"\\(.)", r"\1", written)
    assert "".join(letter for letter in seen if letter not in (JOINER, ISOLATE, END)) == one_line(text)
    assert quoted(text).count("`") == 2
