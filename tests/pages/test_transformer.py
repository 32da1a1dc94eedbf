"""The Transformer page without a browser: every task and control, what is shown of the heads, and bad input."""

import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from dlcore.data.bpe import cut_word, learn_merges
from dlcore.errors import DerinError
from dlcore.specs.codec import from_link, to_dict, to_link
from dlcore.specs.texts import TRANSLATIONS, TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining
from pages.ui.learned import problem
from pages.ui.recurrent.work import Work
from pages.ui.transformer import board, inner, merging, moments, sight, switching, writing
from pages.ui.transformer.presets import PRESETS
from tests.conftest import wait_until
from tests.pages.drawn import rows_of

SMALL = TransformerNetwork(layers=1, heads=2, width=16, context=32)
QUICK = Transformer(data=TextData(task="reverse", length=4), network=SMALL,
                    training=TransformerTraining(epochs=1, batch_size=512, warmup=2))
PLAYS = replace(QUICK, data=TextData(task="plays"))
TEXTS = {"numbers": "forty two", "dates": "3 May 1999", "reverse": "abc", "sort": "cab"}


def decode(message: bytes) -> tuple[dict, dict]:
    header = json.loads(message[4: 4 + int.from_bytes(message[:4], "little")])
    arrays = {name: np.frombuffer(message, kind, int(np.prod(shape)), offset).reshape(shape)
              for name, (kind, shape, offset) in header["arrays"].items()}
    return header["meta"], arrays


def told(app, key: str) -> tuple[dict, dict]:
    """Return the last message to a component of the page."""
    return decode(next(one for one in app.get("bidi_component") if one.proto.id.endswith(key)).proto.bytes)


def attention(app) -> tuple[dict, np.ndarray]:
    meta, arrays = told(app, "transformer.onehead")
    return meta["topics"]["attention"], arrays["attention.sheet"]


def texts(app) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.info, app.title)
    return "\n".join(element.value for kind in kinds for element in kind)


def linked(app) -> Transformer:
    given = app.query_params.get("transformer")
    return from_link(given, "transformer")[0] if given else Transformer()


def answers(engine) -> bool:
    try:
        request = {"kind": "transformer_attention", "model": {"spec": to_dict(QUICK, whole=True)}, "text": "abc"}
        return "weights" in engine.explain("test", request)
    except DerinError:
        return False


@pytest.fixture
def untrained(monkeypatch):
    """Nothing comes along: what the page shows before a training is the small network of the test, as it begins."""
    monkeypatch.setattr(sight, "pretrained_name", lambda task: None)


@pytest.fixture
def page(app_test, awake, untrained):
    """Return a function that opens the page once the explainer answers."""
    wait_until(lambda: answers(awake), 120, "the explainer did not answer")
    return lambda spec=QUICK, **address: app_test("transformer.py", transformer=to_link(spec), **address)


@pytest.fixture
def trained(page, awake):
    """The page with the run of a small translator that has just finished."""
    app = page()
    app.button(key="transformer.train").click().run()
    wait_until(lambda: awake.view(app.query_params["run"]).state == "finished", 120, "the run did not finish")
    return app.run()


@pytest.mark.parametrize("task", TRANSLATIONS)
def test_every_translation_shows_its_examples_and_all_of_its_heads(page, task):
    app = page(replace(QUICK, data=TextData(task=task)), text=TEXTS[task])
    topic, sheet = attention(app)
    assert not app.exception and not app.warning and " → " in app.code[0].value
    assert [group["name"] for group in topic["groups"]] == ["encoder", "decoder", "cross"]
    for group in topic["groups"]:
        rows, columns = len(group["rows"]), len(group["columns"])
        maps = sheet[group["start"]:][: 2 * rows * columns].reshape(2, rows, columns).astype(float)
        assert maps.sum(-1) == pytest.approx(np.full((2, rows), 255), abs=columns)  # every row of weights adds up to 1
    assert topic["truth_text"] and topic["right"] in (True, False)


def test_a_decoder_looks_at_nothing_that_comes_later(page):
    topic, sheet = attention(page(PLAYS, text="ROMEO. But"))
    (group,) = topic["groups"]
    maps = sheet.reshape(2, len("ROMEO. But"), -1)
    assert group["rows"] == list("ROMEO. But") and group["causal"]
    assert not np.triu(maps, 1).any() and maps[:, 0, 0].tolist() == [255, 255]


def test_the_family_is_switched_with_what_belongs_to_it(page):
    app = page(Transformer())
    app.button_group(key="transformer.family").set_value("language_model").run()
    assert linked(app).data.task == "plays" and not app.exception and not app.warning
    assert attention(app)[0]["groups"][0]["rows"] == list(sight.PLAYS)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_built(name):
    assert problem(PRESETS[name][1]) is None


@pytest.mark.parametrize(("text", "said"), [("forty cows", "“cows”"), ("", "no text"), ("one " * 9, "9 symbols")])
def test_a_text_that_cannot_be_read_is_said_at_its_widget(page, text, said):
    app = page(replace(QUICK, data=TextData(task="numbers")), text="forty two")
    app.text_input(key="transformer.text").set_value(text).run()
    assert not app.exception and said in " ".join(one.value for one in app.warning)
    app.text_input(key="transformer.text").set_value("seven").run()
    assert not app.warning and attention(app)[0]["groups"][0]["rows"][0] == "seven"


def test_an_answer_that_is_typed_is_what_the_decoder_reads_and_is_called_teacher_forcing(page):
    topic, _ = attention(page(text="abc", target="xyz"))
    rows = {group["name"]: group["rows"] for group in topic["groups"]}
    likeliest = topic["expected"]["blue"][-1][0][0]
    assert topic["forced"] and topic["right"] is None and [row[0] for row in topic["told"]] == [*"xyz", likeliest]
    assert rows == {"encoder": [*"abc", "</s>"], "decoder": ["<s>", *"xyz"], "cross": [*"xyz", likeliest]}
    shares = dict(map(tuple, topic["expected"]["blue"][0]))
    assert topic["told"][0][1] == pytest.approx(shares.get("x", 0), abs=min(shares.values()))


def test_reading_its_own_answer_changes_nothing_and_it_can_be_taken_over_and_given_back(page):
    app = page(text="abc")
    own, sheet = attention(app)
    app.button(key="transformer.take_answer").click().run()
    taken, again = attention(app)
    assert app.text_input(key="transformer.target").value == "".join(own["groups"][1]["rows"][1:])
    assert taken["forced"] and not own["forced"] and (again == sheet).all()
    app.button(key="transformer.own_answer").click().run()
    assert not attention(app)[0]["forced"] and app.text_input(key="transformer.target").value == ""


def test_an_answer_with_unknown_letters_is_said_with_the_name_of_its_field(page):
    app = page(text="abc", target="x9")
    assert not app.exception and "“9”" in app.warning[0].value and "decoder reads" in app.warning[0].value
    app.text_input(key="transformer.target").set_value(" ").run()
    assert not app.warning and not attention(app)[0]["forced"]


def test_a_text_longer_than_the_context_is_said_at_its_widget(page):
    app = page(PLAYS, text="a" * 33)
    assert not app.exception and "33" in app.warning[0].value and "32" in app.warning[0].value


def test_a_width_that_the_heads_do_not_divide_is_said_in_the_sidebar(page):
    app = page(replace(QUICK, network=replace(SMALL, heads=8)))
    app.select_slider(key="transformer.width").set_value(64).run()
    assert not app.warning
    app.button_group(key="transformer.heads").set_value(1).run()
    assert not app.warning and linked(app).network.heads == 1
    spec = replace(QUICK, network=replace(SMALL, heads=16, width=16, positions="rotary"))
    app = page(Transformer())
    app.session_state["_linked.transformer"] = replace(app.session_state["_linked.transformer"], spec=spec)
    app.run()
    assert not app.exception and "Rotary positions turn pairs" in texts(app)
    assert app.button(key="transformer.train").disabled


def test_a_translator_is_trained_and_rewound(trained, awake):
    view = awake.view(trained.query_params["run"])
    meta, arrays = told(trained, "transformer.live")
    assert "Finished" in str(meta["state"]) and {"curves.held_exact", "curves.train_loss"} <= set(arrays)
    trained.session_state["transformer.rewind"] = {"at": view.snapshots[0]}
    trained.run()
    meta, _ = told(trained, "transformer.rewind")
    assert not trained.exception and meta["topics"]["attention"]["view"] == "snapshot"
    assert meta["topics"]["attention"]["step"] == view.snapshots[0] == 0


def test_another_task_leaves_the_run(trained):
    trained.selectbox(key="transformer.task").set_value("sort").run()
    assert "Not trained yet" in str(told(trained, "transformer.live")[0]["state"]) and not trained.exception


@pytest.mark.parametrize("spec", [QUICK, PLAYS])
def test_every_tab_opens(page, spec):
    app = page(spec)
    for index in range(len(app.tabs)):
        app.session_state["transformer.closer"] = app.tabs[index].label
        app.run()
        assert not app.exception and not app.error, app.tabs[index].label


# the direct lines

@pytest.fixture
def held(awake, app_test, untrained):
    """What the page's lines look at: a small translator before its training."""
    wait_until(lambda: answers(awake), 120, "the explainer did not answer")
    from pages.ui.visitors import visiting
    with visiting("test", "tab"):
        yield {"sight": sight.reading(sight.unlearned(QUICK), "abc")}


def test_the_inside_of_a_head_comes_with_numbers_that_add_up(held):
    meta, arrays = decode(inner.answer_inside(held, {"part": "encoder", "layer": 0, "head": 1, "row": 2, "column": 0}))
    inside = {name.removeprefix("inside."): values for name, values in arrays.items()}
    assert inside["terms"].sum() == pytest.approx(inside["products"][0], rel=1e-4)
    assert inside["products"] * meta["topics"]["inside"]["scale"] == pytest.approx(inside["scaled"], rel=1e-4)
    powers = np.exp(inside["scaled"] - inside["scaled"].max())
    assert powers / powers.sum() == pytest.approx(inside["weights"], abs=1e-5)
    assert inside["weights"] @ inside["values"] == pytest.approx(inside["sum"], abs=1e-5)


@pytest.mark.parametrize("question", [
    {}, {"part": "encoder"}, {"part": "x", "layer": 0, "head": 0, "row": 0, "column": 0},
    {"part": "cross", "layer": 0, "head": 0, "row": 99, "column": 0},
    {"part": "cross", "layer": -1, "head": 0, "row": 0, "column": True}])
def test_a_question_that_makes_no_sense_is_answered_with_a_sentence(held, question):
    meta, _ = decode(inner.answer_inside(held, question))
    assert meta["error"] and "topics" not in meta


def test_alignment_and_rollout_are_weights(held):
    ask = partial(board.answer_view, held)
    for question, sums in (({"view": "alignment"}, 255), ({"view": "rollout", "part": "encoder"}, 255)):
        meta, arrays = decode(ask(question))
        weights = arrays["view.weights"].astype(float)
        assert weights.shape == (len(meta["topics"]["view"]["rows"]), len(meta["topics"]["view"]["columns"]))
        assert weights.sum(1) == pytest.approx(np.full(len(weights), sums), abs=weights.shape[1])
    assert decode(ask({"view": "nothing"}))[0] == {}


def test_what_is_typed_is_answered_at_once_and_what_cannot_be_read_is_left_to_the_widget(held):
    meta, _ = decode(board.answer_view(held, {"view": "typed", "text": "cba"}))
    assert meta["topics"]["attention"]["groups"][0]["rows"][:3] == list("cba")
    assert decode(board.answer_view(held, {"view": "typed", "text": "c4"}))[0] == {}
    meta, _ = decode(board.answer_view(held, {"view": "typed", "field": "target", "text": "q"}))
    assert meta["topics"]["attention"]["groups"][1]["rows"] == ["<s>", "q"]


@pytest.mark.parametrize("place", ["", "cross", "cross/0/99999999999/1", "cross/-1/0/0", "a/b/c/d", None, 7])
def test_a_place_from_the_browser_that_makes_no_sense_does_no_harm(place):
    found = sight.read_place(place)
    assert found.layer >= 0 and found.head >= 0 and (found.row is None or 0 <= found.row <= 10_000)


def test_a_place_is_read_as_the_browser_writes_it():
    assert sight.read_place("cross/1/7/3") == sight.Place("cross", 1, 3, 7)
    assert sight.read_place("decoder/0//2") == sight.Place("decoder", 0, 2, None)


@pytest.fixture
def writer(held):
    """The same with a language model."""
    return {"sight": sight.reading(sight.unlearned(PLAYS), "ROMEO")}


def test_the_next_token_comes_with_what_it_is_drawn_from(writer):
    how = {"temperature": 2.0, "top_k": 5, "top_p": 1.0, "seed": 3}
    meta, arrays = decode(writing.answer_token(writer, how))
    topic = meta["topics"]["token"]
    logits, kept = arrays["token.logits"], arrays["token.kept"]
    powers = np.exp(logits[:5] / 2)
    assert (np.diff(logits) <= 0).all() and kept[:5] == pytest.approx(powers / powers.sum(), abs=1e-5)
    assert not kept[5:].any() and topic["drawn"] < 5 and topic["written"] == list("ROMEO")
    again = {"ids": [*topic["so_far"], topic["ids"][1]], **how}
    assert decode(writing.answer_token(writer, again))[0]["topics"]["token"]["written"] == [
        *"ROMEO", topic["tokens"][1]]


def test_a_translation_is_written_token_by_token_until_it_ends(held):
    topic = decode(writing.answer_token(held, {"seed": 1}))[0]["topics"]["token"]
    told = moments.moment(held["sight"])["attention"]["expected"]["blue"][0]
    assert topic["written"] == [] and topic["tokens"][:5] == [token for token, _share in told]
    ended = decode(writing.answer_token(held, {"seed": 1, "ids": [5, 6, 1]}))[0]["topics"]["token"]
    assert ended["finished"] and ended["written"][-1] == "</s>" and len(ended["written"]) == 3


def test_a_token_is_found_by_how_it_begins(writer):
    topic = decode(writing.answer_token(writer, {"seed": 3, "begins": "Q"}))[0]["topics"]["token"]
    assert [topic["tokens"][place] for place in topic["found"]] == ["Q"]
    assert decode(writing.answer_token(writer, {"begins": "%"}))[0]["topics"]["token"]["found"] == []


@pytest.mark.parametrize("question", [{"ids": ["a"]}, {"ids": [-1]}, {"seed": "x"}, {"temperature": "hot"},
                                      {"ids": [0] * 5000}])
def test_a_token_that_is_asked_for_in_a_way_that_makes_no_sense_is_answered_with_a_sentence(writer, question):
    assert decode(writing.answer_token(writer, question))[0]["error"]


def test_the_best_beam_is_a_path_from_the_start_to_an_end():
    told = [("iki", None, 1, -0.1), ("üç", None, 1, -2.0), ("bin", 0, 2, -0.3), ("</s>", 2, 3, -0.4)]
    nodes = [{"token": token, "parent": parent, "depth": depth, "score": score, "kept": True, "end": token == "</s>"}
             for token, parent, depth, score in told]
    topic = writing.beams_topic({"nodes": nodes, "answers": [{"node": 3}]})
    assert [node["text"] for node in topic["nodes"] if node["best"]] == ["<s>", "iki", "bin", "</s>"]
    assert [node["parent"] for node in topic["nodes"]] == [None, 0, 0, 1, 3]


def test_a_head_that_is_switched_off_changes_the_answer_and_is_marked(page):
    app = page()
    before = attention(app)[0]
    app.session_state["_off.transformer"] = switching.read_heads(["decoder.0.1", "cross.0.0", "x", 7, "cross.a.b"])
    app.run()
    after = attention(app)[0]
    assert after["off"] == ["decoder.0.1", "cross.0.0"] and before["off"] == [] and not app.exception
    assert after["expected"] != before["expected"]


@pytest.mark.parametrize(("spec", "test"), [(QUICK, "McNemar"), (PLAYS, "random signs")])
def test_the_importance_of_heads_is_told_with_an_exact_test_and_an_interval(page, spec, test):
    app = page(spec, text="abc")
    for _ in range(2):  # the first choice only tells the test's browser that the tabs are there
        app.session_state["transformer.closer"] = "Heads"
        app.run()
    app.button(key="transformer.importance").click().run()
    found = app.session_state["_work.transformer.importance"]
    wait_until(lambda: not app.run().exception and found.job is None and found.result, 120, "it was not measured")
    app.run()
    heads = 6 if spec is QUICK else 2
    assert f"of {heads} heads, by an exact test" in texts(app) and f"({test})" in texts(app)
    topic = told(app, "transformer.importance_bars")[0]["topics"]["importance"]
    low, high = found.result["interval"]
    assert 0 <= low <= found.result["whole"]["accuracy"] <= high <= 1 and f" to {100 * high:.1f}%" in topic["note"]


# a text of one's own

def test_what_was_measured_for_a_step_is_kept_for_every_text_but_never_that_of_weights_that_change():
    rewound = SimpleNamespace(model={"run": "a", "step": 7}, off=(("cross", 0, 1),), text="one", target=None)
    live = SimpleNamespace(model={"run": "a", "step": None}, off=(), text="one", target=None)
    other = SimpleNamespace(**{**vars(rewound), "text": "two"})
    assert moments.request("importance", rewound) == moments.request("importance", other)
    assert moments.request("importance", rewound)["cache"] and "cache" not in moments.request("importance", live)
    assert moments.request("attribution", rewound) != moments.request("attribution", other)
    assert "cache" not in moments.request("generate", rewound)  # its times are measured anew


def test_a_text_of_ones_own_is_learned_from_and_a_wrong_encoding_is_named(page):
    app = page(replace(PLAYS, network=replace(SMALL, context=16)))
    app.selectbox(key="transformer.task").set_value("own").run()
    assert "No text has been uploaded yet" in texts(app) and app.button(key="transformer.train").disabled
    letters = "Bir varmış bir yokmuş, evvel zaman içinde. " * 100
    app.file_uploader(key="transformer.text_file").set_value(("a.txt", letters.encode("cp1254"), "text/plain")).run()
    assert "UTF-8" in texts(app) and app.button(key="transformer.train").disabled
    app.file_uploader(key="transformer.text_file").set_value(("a.txt", letters.encode(), "text/plain")).run()
    assert not app.exception and not app.warning and linked(app).data.task == "own"
    assert "".join(attention(app)[0]["groups"][0]["rows"]) == "Bir varmış bir"


def test_what_is_wrong_with_an_uploaded_text_is_said_at_its_widget(page):
    app = page(PLAYS)
    app.selectbox(key="transformer.task").set_value("own").run()
    for content, said in ((b"", "0 characters"), (b"word " * 2_000_000, "9.5 MB"), (b"a\0b" * 2_000, "not a text file"),
                          ("".join(map(chr, range(0x4E00, 0x5200))).encode() * 3, "different characters")):
        app.file_uploader(key="transformer.text_file").set_value(("a.txt", content, "text/plain")).run()
        assert not app.exception and said in app.warning[0].value, said


@pytest.mark.parametrize(("spec", "text"), [(Transformer(), "nine hundred five"), (replace(PLAYS), "ROMEO")])
def test_a_network_that_comes_along_answers_before_anything_is_trained(app_test, awake, spec, text):
    wait_until(lambda: answers(awake), 120, "the explainer did not answer")
    app = app_test("transformer.py", transformer=to_link(spec), text=text)
    topic, _ = attention(app)
    assert not app.exception and not app.warning
    assert topic["right"] is (True if spec.data.translates else None)
    assert "trained before" in str(told(app, "transformer.live")[0]["left"])


def test_a_network_that_comes_along_is_told_apart_from_the_settings_which_can_be_taken_over(app_test, awake):
    wait_until(lambda: answers(awake), 120, "the explainer did not answer")
    app = app_test("transformer.py", transformer=to_link(replace(PLAYS, network=replace(SMALL, layers=3))))
    assert "network that was trained before: 4 layers" in texts(app)
    assert "with other settings" in str(told(app, "transformer.live")[0]["left"])
    app.button(key="transformer.use_settings").click().run()
    assert linked(app).network.layers == 4 and linked(app) == sight.unlearned(PLAYS).spec
    assert "ones it was trained with" in texts(app) and not app.exception
    assert "trained before with these" in str(told(app, "transformer.live")[0]["left"])


def test_a_race_shows_the_best_network_first_and_can_be_stopped(page):
    models = [{"kind": kind, "bits": bits, "parameters": 9_000, "hidden": hidden, "window": 32, "seconds": 10.0,
               "steps": 5, "tokens": 700, "curve": np.array([[0, 6], [10, bits]]), "anew": True, "final": True}
              for kind, bits, hidden in (("transformer", 3.25, None), ("lstm", 2.75, 40), ("gru", float("nan"), 50))]
    app = page(PLAYS, text="ROMEO")
    for _ in range(2):  # the first choice only tells the test's browser that the tabs are there
        app.session_state["transformer.closer"] = "Beside RNNs"
        app.run()
    app.session_state["_work.transformer.race"] = Work(result={"models": models, "seconds": 10.0})
    app.run()
    rows = next(one.value for one in app.markdown if "| LSTM |" in one.value).split("\n")[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| LSTM", "| Transformer, trained anew", "| GRU"]
    assert not app.exception and "whole held-out text" in texts(app)
    rows = rows_of(app, "transformer.race_chart")
    assert [(row["name"], row["colour"], row["x"], row["y"]) for row in rows] == [
        ("LSTM", "blue", 0, 6), ("LSTM", "blue", 10, 2.75), ("Transformer, trained anew", "vermilion", 0, 6),
        ("Transformer, trained anew", "vermilion", 10, 3.25), ("GRU", "green", 0, 6)]
    app.button(key="transformer.race").click().run()
    app.button(key="transformer.race_stop").click().run()
    assert app.session_state["_work.transformer.race"].job is None and not app.exception


def test_while_networks_race_their_curves_are_no_chart(monkeypatch):
    """A chart would be made anew at every look; the panel of curves is handed the new points."""
    from pages.ui.transformer import bits

    shown = []
    monkeypatch.setattr(bits, "show_chart", lambda key, *given, **how: shown.append(key))
    monkeypatch.setattr(bits.panels, "curves", lambda key, *given, **how: shown.append(key))
    models = [("transformer", "Transformer", np.array([[0, 6], [10, 3]])), ("lstm", "LSTM", np.array([[0, 6]]))]
    for live in (True, False):
        bits.draw_bits("transformer", "race", models, live=live)
    assert shown == ["transformer.race_curves", "transformer.race_chart"]


def test_two_networks_of_a_kind_have_different_colours():
    from pages.ui.transformer import bits

    curve = np.array([[0, 6], [10, 3]])
    kinds = ("transformer", "lstm", "gru", "rnn_tanh", "rnn_relu", "lstm", "gru")
    series = bits.name_curves([(kind, f"{kind} {place}", curve) for place, kind in enumerate(kinds)])
    assert len({one.colour for one in series}) == len(kinds)


def test_the_page_speaks_turkish(page):
    app = page(lang="tr")
    assert "kime baktığını" in texts(app) and not app.exception


# byte pairs

@pytest.mark.parametrize("word", [" together", "ROMEO", "aaaa", ""])
def test_a_word_is_joined_as_the_vocabulary_cuts_it(word):
    merges = list(learn_merges("together they gather there, the other ROMEO and aaa aaaa aaaa " * 9, 60))
    steps = merging.joined(word, merges)
    assert steps[0] == list(word) and steps[-1] == cut_word(word, {pair: rank for rank, pair in enumerate(merges)})
    assert all("".join(step) == word for step in steps)


def test_the_merges_of_a_vocabulary_are_shown(page):
    app = page(replace(PLAYS, data=TextData(task="bpe", vocabulary=128)), text="the king")
    for label in ("Layers", "Data"):  # the first choice only tells the test's browser that the tabs are there
        app.session_state["transformer.closer"] = label
        app.run()
    shown = " ".join(one.proto.body for one in app.get("html"))
    assert not app.exception and not app.warning and "h + e → <b>he</b>" in shown


# induction heads

def test_the_probe_says_which_head_is_one_and_its_film_is_begun(page, awake):
    app = page(replace(PLAYS, data=TextData(task="repeat"), training=TransformerTraining(epochs=1, batch_size=256)))
    app.button(key="transformer.train").click().run()
    wait_until(lambda: awake.view(app.query_params["run"]).state == "finished", 120, "the run did not finish")
    for _ in range(2):  # the first choice only tells the test's browser that the tabs are there
        app.session_state["transformer.closer"] = "Filmstrip"
        app.run()
    heads = np.array([[0.02, 0.9]])
    app.session_state["_work.transformer.induction"] = Work(result={
        "heads": heads, "previous": 1 - heads, "chance": 0.03, "verdict": "found", "first": 5.7, "second": 0.1,
        "maps": np.zeros((1, 2, 4, 4), np.uint8)})
    app.session_state["_work.transformer.births"] = Work(result={
        "steps": [0, 9], "heads": np.stack([heads / 9, heads]), "previous": np.stack([heads, heads / 9]),
        "first": np.ones(2), "second": np.zeros(2), "chance": 0.03})
    app.run()
    assert "layer 1, head 2 gives 90.0%" in texts(app) and not app.exception
    _, arrays = told(app, "transformer.births_curves")
    assert arrays["curves.heads"][1] == pytest.approx([0.1, 0.9])
    assert arrays["curves.previous"][1] == pytest.approx([0.9, 0.1])
    app.button(key="transformer.film_best").click().run()
    assert app.session_state["_work.transformer.film"].asked["head"] == 1 and not app.exception
