"""Links of every kind: whatever they hold, the page opens, says what it could not use, and nothing goes wrong in it."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dlcore.specs.codec import PAGES, to_dict
from dlcore.specs.diffusion import Diffusion, DiffusionTraining, learn_from
from dlcore.specs.experiment import Experiment
from dlcore.specs.fields import Rule, rule_of
from dlcore.specs.plane import DATASETS as POINTS
from dlcore.specs.playground import Playground
from dlcore.specs.recurrent import Recurrent
from dlcore.specs.sequences import TASKS as SEQUENCES
from dlcore.specs.sequences import SequenceData
from dlcore.specs.texts import TASKS as TEXTS
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer
from pages.ui import state
from pages.ui.language import speaking
from tests.pages.generated import ADDRESSES, links

OWNER = "who made the runs of links"
RUNS = {  # of every kind and family: the page that shows it, and the specs
    "digits": Experiment(), "playground": Playground(), "recurrent": Recurrent(),
    "recall": Recurrent(data=SequenceData(task="recall")), "transformer": Transformer(),
    "plays": Transformer(data=TextData(task="plays")), "plane": learn_from(Diffusion(), "swirl"),
    "pictures": Diffusion(training=DiffusionTraining(epochs=1)),
}
TITLES = {"digits": "Digits", "playground": "Playground", "recurrent": "Recurrent", "recall": "Recurrent",
          "transformer": "Transformer", "plays": "Transformer", "plane": "Diffusion · Two dimensions",
          "pictures": "Diffusion · Digits and prompts"}
PLACES = {  # an address -> the runs that it can show
    ("home.py", ""): (), ("neuron.py", ""): (), ("backprop.py", ""): (), ("playground.py", ""): ("playground",),
    ("convolution.py", ""): ("digits",), ("digits.py", ""): ("digits",), ("saliency.py", ""): ("digits",),
    ("recurrent.py", ""): ("recurrent", "recall"), ("transformer.py", ""): ("transformer", "plays"),
    ("diffusion.py", ""): (), ("diffusion.py", "noise"): (), ("diffusion.py", "plane"): ("plane",),
    ("diffusion.py", "digits"): ("pictures",),
}
QUICK = settings(max_examples=4, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
                 suppress_health_check=list(HealthCheck))
WHOLE = settings(QUICK, max_examples=182)  # of eleven kinds


@pytest.fixture(scope="module")
def runs(engine) -> Iterator[dict[str, str]]:
    """Runs of every kind that stand still."""
    made = {name: engine.start_run(spec, OWNER, paused=True) for name, spec in RUNS.items()}
    yield made
    for run in made.values():
        engine.stop(run, OWNER)


@pytest.fixture
def visit(app_test, awake, monkeypatch) -> Callable:
    """Return a function that opens an address, one browser a page, and says what went wrong there."""
    monkeypatch.setattr(state, "ECHO", -1.0)  # a new address counts at once
    visits, spoken = {}, {}

    def run(app, page: str) -> None:
        """Run a page again; AppTest looks for what is chosen among the words that the last run wrote."""
        with speaking(spoken.get(page, "en")):
            app.run(timeout=120)
        spoken[page] = app.session_state["_language"]

    def open_address(page: str, address: dict[str, str], tab: int | None = None):
        app = visits[page] if page in visits else visits.setdefault(page, app_test(page))
        for name in [name for name in app.query_params if name not in address]:
            del app.query_params[name]
        for name, value in address.items():
            app.query_params[name] = value
        if tab is not None and app.tabs:
            for name in {page.removesuffix(".py"), *(["diffusion_plane"] if page == "diffusion.py" else [])}:
                app.session_state[f"{name}.closer"] = app.tabs[tab % len(app.tabs)].label
            run(app, page)
        run(app, page)
        assert [error.value for error in app.exception] == [], (page, address, tab)
        return app

    return open_address


@pytest.mark.parametrize("names", [("digits", "recall", "plane"), pytest.param(tuple(RUNS), marks=pytest.mark.check)])
@pytest.mark.parametrize("page, part", PLACES)
def test_a_run_of_another_page_is_named_and_its_page_offered(visit, runs, page, part, names):
    for name in names:
        run = runs[name]
        app = visit(page, {"run": run} | ({"part": part} if part else {}))
        said = [info.value for info in app.info if "The run in the link" in info.value]
        found = [one.proto for one in app.get("page_link") if f"run={run}" in one.proto.query_string]
        if name in PLACES[page, part]:
            assert (said, found) == ([], []) and app.query_params["run"] == run
        else:
            assert len(said) == len(found) == 1 and f"**{TITLES[name]}**" in said[0]
            assert re.search(r"\((Paused|Waiting|Starting|Training), step 0\)", said[0])
            assert "run" not in app.query_params
            assert ("part=plane" in found[0].query_string) == (name == "plane")


@pytest.mark.parametrize("page", ["home.py", "neuron.py", "digits.py", "diffusion.py"])
def test_a_run_that_is_nowhere_changes_nothing(visit, page):
    app = visit(page, {"run": "nobody-knows-me"})
    assert "run" not in app.query_params and not app.get("page_link") or page == "home.py"


PLANE, PICTURES = json.dumps(to_dict(learn_from(Diffusion(), "moons"))), '{"data":{"dataset":"kmnist"}}'


@pytest.mark.parametrize("part, spec, used", [
    ("plane", "{}", "swirl"), ("plane", PICTURES, "swirl"), ("plane", PLANE, None),
    ("digits", PLANE, "mnist"), ("digits", '{"data":{"dataset":"swirl"}}', "mnist"), ("digits", "{}", None),
])
def test_a_part_takes_only_data_of_its_own_and_says_so(visit, part, spec, used):
    app = visit("diffusion.py", {"part": part, "diffusion": spec})
    said = [info.value for info in app.info if "Some settings in the link" in info.value]
    assert len(said) == (used is not None)
    if used:
        assert f"now it is `{used}`" in said[0]


def test_a_part_that_is_left_says_nothing_in_the_next_one(app_test, awake, runs):
    """The browser still sends the address of the part that was left for a moment."""
    app = app_test("diffusion.py", part="plane")
    app.button(key="diffusion_plane.train").click().run()
    left = dict(app.query_params)
    app.segmented_control(key="diffusion.part").set_value("digits").run()
    for name in ("diffusion", "run"):
        if name in left:
            app.query_params[name] = left[name]
    app.session_state["diffusion.closer"] = "Samplers"
    app.run()
    assert not app.exception and not app.info
    assert "diffusion" not in app.query_params and "run" not in app.query_params
    app.segmented_control(key="diffusion.part").set_value("plane").run()
    assert not app.exception and app.query_params["run"] == left["run"]
    app.button(key="diffusion_plane.pause").click().run()


def test_every_number_of_symbols_that_the_rule_allows_is_offered(visit):
    for symbols in (2, 5, 7, 8):
        app = visit("recurrent.py", {"recurrent": json.dumps({"data": {"task": "recall", "symbols": symbols}})})
        assert app.get("button_group")[1].proto.default == [symbols - 2]
    app = visit("recurrent.py", {"recurrent": json.dumps({"data": {"task": "brackets", "symbols": 8}})})
    assert any("Some settings in the link" in info.value for info in app.info)


# every field's bounds and options

BASES = {  # what else stands in a spec, so that every field is on the screen once; the first one gets all edges
    "recurrent": [{"network": {"cells": ["lstm"]}}, *({"data": {"task": task}} for task in SEQUENCES)],
    "transformer": [{"data": {"task": task}} for task in TEXTS],
    "playground": [{"data": {"dataset": name}} for name in POINTS],
    "diffusion": [{}, {"data": {"dataset": "swirl"}}, {"network": {"condition": "prompt"}}],
    "sampling": [{"sampler": "ddim"}],
    "saliency": [{"company": "same"}],
}


def edges(spec: type) -> Iterator[dict]:
    """Yield plain specs in which one field has a bound of its rule, something between, or one of its options."""
    for declared in fields(spec):
        rule, usual = rule_of(declared), getattr(spec(), declared.name)
        if rule is not None:
            yield from ({declared.name: value} for value in at_the_edge(rule))
        elif is_dataclass(usual):
            yield from ({declared.name: inner} for inner in edges(type(usual)))


def at_the_edge(rule: Rule) -> list:
    if type(rule) is not Rule:
        return []
    if rule.length:
        least, most = rule.length
        ends = at_the_edge(rule.each)
        return [ends[:1] * least, ends[-1:] * min(most, 12)]
    if rule.type is bool:
        return [False, True]
    if rule.options:
        return list(rule.options)
    inside = (rule.low + rule.high) / 3.7
    return [rule.low, rule.high, round(inside) if rule.type is int else inside]


def together(base: dict, more: dict) -> dict:
    """Return a plain spec with what another one gives, however deep."""
    return base | {name: together(base.get(name, {}), value) if isinstance(value, dict) else value
                   for name, value in more.items()}


@pytest.mark.check
@pytest.mark.parametrize("kind", ADDRESSES)
def test_every_bound_and_option_of_every_field_opens(visit, kind):
    tried = 0
    for page, address in ADDRESSES[kind]:
        for at, base in enumerate(BASES.get(kind, [{}])):
            for edge in edges(PAGES[kind].spec):
                if at == 0 or kind == "diffusion" or "data" in edge:
                    visit(page, {**address, kind: json.dumps(together(base, edge))})
                    tried += 1
    print(f"{kind}: {tried} links")


# generated

@pytest.mark.parametrize("kind", ADDRESSES)
def test_generated_links_open(visit, kind):
    @QUICK
    @given(links((kind,)))
    def opens(link):
        visit(*link)

    opens()


@pytest.mark.check
@pytest.mark.parametrize("kind", ADDRESSES)
def test_two_thousand_generated_links_open_with_their_tabs_and_runs_in_both_languages(visit, runs, kind):
    more = st.fixed_dictionaries({}, optional={"run": st.sampled_from(sorted(runs.values())),
                                               "lang": st.sampled_from(["en", "tr"]), "text": st.text(max_size=20)})

    @WHOLE
    @given(links((kind,)), more, st.integers(0, 11) | st.none())
    def opens(link, more, tab):
        page, address = link
        visit(page, {**address, **more}, tab)

    opens()
