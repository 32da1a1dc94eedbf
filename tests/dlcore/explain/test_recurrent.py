"""Gates, states and gradients through time against torch's own cells, autograd and finite differences."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dlcore.data.grammar import grammar
from dlcore.errors import EngineError, RecordingError, SpecError
from dlcore.explain.gates import HeldGate, layer_weights, unroll, unroll_clamped
from dlcore.explain.generation import Sampling
from dlcore.explain.recurrent_snapshot import open_cells
from dlcore.explain.requests import REQUESTS
from dlcore.explain.snapshot import load
from dlcore.explain.through_time import gradients_back
from dlcore.explain.units import find_places, held_rows, read_unit, tell_places
from dlcore.models.recurrent import build_cells
from dlcore.specs import codec
from dlcore.specs.recurrent import CELLS, GATES, Recurrent, RecurrentNetwork
from dlcore.specs.sequences import SequenceData
from tests.closeness import close

SMALL = RecurrentNetwork(cells=CELLS, hidden=7, embedding=5, layers=2)
NAMES = Recurrent(network=SMALL)
PLAYS = replace(NAMES, data=SequenceData(task="shakespeare"))
WORDS = replace(NAMES, data=SequenceData(task="grammar"))
SERIES = replace(NAMES, data=SequenceData(task="series", length=20, horizon=6))
RECALL = replace(NAMES, data=SequenceData(task="recall", length=12, delay=5))
TEXT = "To be, or not to be: that is the question"


def snapshot(spec: Recurrent):
    return load({"spec": codec.to_dict(spec)}, Path("."))


def ask(spec: Recurrent, kind: str, **request) -> dict:
    return REQUESTS[f"recurrent_{kind}"](snapshot(spec), request)


@pytest.fixture(scope="module")
def cells() -> nn.ModuleDict:
    made = build_cells(NAMES).eval()
    for cell in made.values():  # larger weights, so that gates open and shut
        for parameter in cell.parameters():
            parameter.data *= 2
    return made


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(3, 20, 5, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("cell", CELLS)
def test_layer_by_layer_the_states_are_those_of_the_whole_fused_network(cells, x, cell):
    with torch.no_grad():
        whole, last = cells[cell].recurrent(x)
    runs = unroll(cells[cell], x)
    assert close(runs[-1].hidden, whole)
    for layer, run in enumerate(runs):
        hidden = last[0] if cell == "lstm" else last
        assert close(run.hidden[:, -1], hidden[layer])
        if cell == "lstm":
            assert close(run.cell[:, -1], last[1][layer])


def test_the_gates_of_the_lstm_make_the_states_that_torch_made(cells, x):
    for run in unroll(cells["lstm"], x):
        before = torch.cat([torch.zeros_like(run.cell[:, :1]), run.cell[:, :-1]], 1)
        gates = run.gates
        assert close(gates["forget"] * before + gates["input"] * gates["candidate"], run.cell)
        assert close(gates["output"] * run.cell.tanh(), run.hidden)


def test_the_gates_of_the_gru_make_the_states_that_torch_made(cells, x):
    for run in unroll(cells["gru"], x):
        before = torch.cat([torch.zeros_like(run.hidden[:, :1]), run.hidden[:, :-1]], 1)
        update = run.gates["update"]
        assert close((1 - update) * run.gates["candidate"] + update * before, run.hidden)


@pytest.mark.parametrize(("cell", "own"), [("lstm", nn.LSTMCell), ("gru", nn.GRUCell), ("rnn_tanh", nn.RNNCell)])
def test_step_by_step_the_equations_are_those_of_torchs_single_cells(cells, x, cell, own):
    weights = layer_weights(cells[cell], 0)
    single = own(5, 7)
    single.load_state_dict({"weight_ih": weights.w, "weight_hh": weights.u, "bias_ih": weights.b,
                            "bias_hh": weights.b_u})
    state, stepped = None, unroll_clamped(cells[cell], x, [])[0]
    with torch.no_grad():
        for step in range(x.shape[1]):
            state = single(x[:, step], state)
            hidden = state[0] if cell == "lstm" else state
            assert close(stepped.hidden[:, step], hidden)


@pytest.mark.parametrize("cell", CELLS)
def test_with_no_gate_held_the_stepped_run_is_the_fused_one(cells, x, cell):
    for fused, stepped in zip(unroll(cells[cell], x), unroll_clamped(cells[cell], x, [])):
        assert close(fused.hidden, stepped.hidden)
        for gate in GATES[cell]:
            assert close(fused.gates[gate], stepped.gates[gate])


def test_an_update_gate_held_open_keeps_the_state_and_a_shut_forget_gate_loses_it(cells, x):
    kept = unroll_clamped(cells["gru"], x, [HeldGate(0, "update", 1.0, first=6)])[0]
    assert torch.equal(kept.hidden[:, 5], kept.hidden[:, -1]) and not torch.equal(kept.hidden[:, 4], kept.hidden[:, 5])
    lost = unroll_clamped(cells["lstm"], x, [HeldGate(0, "forget", 0.0, unit=2)])[0]
    added = lost.gates["input"] * lost.gates["candidate"]
    assert close(lost.cell[..., 2], added[..., 2]) and not torch.allclose(lost.cell[..., 3], added[..., 3])


def test_gates_that_keep_for_100_steps_lose_a_hundredth_in_one_and_take_in_as_little(x):
    made = build_cells(replace(NAMES, network=replace(SMALL, forget_bias=0.0, memory=100)))
    kept = 100 / 101
    expected = {"lstm": {"forget": kept, "input": 1 - kept, "output": 0.5}, "gru": {"update": kept, "reset": 0.5}}
    for cell, gates in expected.items():
        for layer in unroll(made[cell], x):
            for gate, mean in gates.items():
                assert layer.gates[gate].mean().item() == pytest.approx(mean, abs=0.01 if mean != 0.5 else 0.2)


@pytest.mark.parametrize("cell", CELLS)
def test_the_inputs_gradients_are_autograds_through_the_fused_network(cells, x, cell):
    network, at = cells[cell], 13
    found = gradients_back(network, x[0], at, of=4)
    leaf = x[:1].clone().requires_grad_()
    score = network.head(network.recurrent(leaf)[0])[0, at].log_softmax(-1)[4]
    gradient, = torch.autograd.grad(score, leaf)
    assert close(found.inputs, gradient[0, : at + 1].norm(dim=-1))
    assert gradient[0, at + 1:].abs().max() == 0


@pytest.mark.parametrize("cell", CELLS)
def test_a_states_gradient_is_what_a_small_push_of_the_state_changes(cell):
    network = build_cells(replace(NAMES, network=replace(SMALL, layers=1)))[cell].double().eval()
    x = torch.randn(1, 9, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    at, then, push = 8, 3, 1e-6
    found = gradients_back(network, x[0], at, of=4)

    def score(moved: torch.Tensor, of_cell: bool) -> float:
        """Run on from the state behind step `then`, moved; two fused passes, no equation of ours."""
        with torch.no_grad():
            _, state = network.recurrent(x[:, : then + 1])
            if cell == "lstm":
                hidden, kept = state
                pushed = hidden * ((kept + moved).tanh() / kept.tanh()) if of_cell else hidden + moved  # h = o·tanh(c)
                state = (pushed, kept + moved * of_cell)
            else:
                state = state + moved
            return network.head(network.recurrent(x[:, then + 1:], state)[0])[0, -1].log_softmax(-1)[4].item()

    for of_cell, norms in ((False, found.hidden), (True, found.cell)):
        if norms is not None:
            slopes = [(score(push * unit, of_cell) - score(-push * unit, of_cell)) / (2 * push)
                      for unit in torch.eye(7, dtype=torch.float64)]
            assert norms[then].item() == pytest.approx(np.linalg.norm(slopes), rel=1e-5)


def test_through_a_linear_state_the_gradient_shrinks_by_the_weight_at_each_step():
    spec = Recurrent(SequenceData(task="series"), RecurrentNetwork(cells=("rnn_relu",), hidden=1))
    network = build_cells(spec)["rnn_relu"]
    for name, parameter in network.named_parameters():
        parameter.data.fill_(0.8 if "weight_hh" in name else 1.0 if "weight" in name else 0.0)
    found = gradients_back(network, torch.ones(6, 1), 5, numbers=True)
    assert close(found.hidden, 0.8 ** np.arange(5, -1, -1)) and found.factor == pytest.approx(0.8)


# what the explainer answers

def test_an_unrolled_text_tells_probabilities_and_surprise_of_the_network_itself():
    answer = ask(PLAYS, "unroll", cell="gru", text=TEXT, after=3)
    held = snapshot(PLAYS)
    numbers = torch.tensor([held.vocabulary.start, *held.vocabulary.encode(TEXT)])
    with torch.no_grad():
        shares = held.module["gru"](numbers[None])[0][0].softmax(-1).numpy()
    assert close(answer["outputs"], shares)
    assert close(answer["surprise"], [-np.log2(shares[step, number]) for step, number in enumerate(numbers[1:])])
    assert answer["inputs"][:4] == ["⏎", "T", "o", " "] and len(answer["layers"]) == 2
    assert answer["top"][5][0][1] == pytest.approx(shares[5].max()) and len(answer["top"][5]) == 3


def test_clamping_changes_nothing_before_its_first_step():
    clamp = {"layer": 1, "gate": "output", "value": 0, "first": 10}
    answer = ask(PLAYS, "unroll", cell="lstm", text=TEXT, clamps=[clamp])
    assert np.allclose(answer["change"][:10], 0, atol=1e-6) and answer["change"][10:].min() > 1e-4
    assert (answer["clamped"]["layers"][1]["hidden"][10:] == 0).all()
    with pytest.raises(EngineError, match="no reset 1 there"):
        ask(PLAYS, "unroll", cell="lstm", text=TEXT, clamps=[{**clamp, "gate": "reset", "layer": 0}])
    with pytest.raises(SpecError, match="not at 3"):
        ask(PLAYS, "unroll", cell="lstm", text=TEXT, clamps=[{**clamp, "value": 3}])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layer", "at"), [(0, 0), (1, 6)])
def test_the_numbers_of_an_equation_add_up_to_its_state(cell, layer, at):
    told = ask(NAMES, "equation", cell=cell, text="marianne", layer=layer, at=at, unit=3)
    functions = {"sigmoid": lambda value: 1 / (1 + np.exp(-value)), "tanh": np.tanh,
                 "relu": lambda value: max(value, 0)}
    values = {}
    for term in told["terms"]:
        row = told["weights"][term["gate"]]
        assert term["input"] == pytest.approx(row["input"] @ told["x"], abs=1e-5)
        assert term["recurrent"] == pytest.approx(row["recurrent"] @ told["h"], abs=1e-5)
        values[term["gate"]] = functions[term["function"]](term["sum"])
        assert values[term["gate"]] == pytest.approx(term["value"], abs=1e-5)
    if cell == "lstm":
        state = values["forget"] * told["cell_before"] + values["input"] * values["candidate"]
        assert told["cell"] == pytest.approx(state, abs=1e-5)
        hidden = values["output"] * np.tanh(state)
    elif cell == "gru":
        hidden = (1 - values["update"]) * values["candidate"] + values["update"] * told["hidden_before"]
    else:
        hidden = values["hidden"]
    assert told["hidden"] == pytest.approx(hidden, abs=1e-5)


def test_an_edit_changes_nothing_before_it_and_something_behind_it():
    told = ask(PLAYS, "edit", text="the king", edited="the ring")
    assert told["first"] == 5
    for changed in told["cells"].values():
        assert not changed["hidden"][:5].any() and changed["hidden"][5] > 0 and changed["outputs"][5] > 0
    assert ask(PLAYS, "edit", text="the king", edited="the king")["first"] == 9


def test_gradients_are_told_for_all_cells_and_for_tasks_without_text():
    told = ask(NAMES, "gradients", text="anna", of="e")
    assert told["at"] == 4 and {cell["of"] for cell in told["cells"].values()} == {"e"}
    assert all(len(cell["hidden"]) == 5 for cell in told["cells"].values())
    asked = ask(RECALL, "gradients", example=2)
    assert asked["at"] == 11 and asked["inputs"][-1] == "?" and asked["cells"]["lstm"]["of"] in "abcd"
    with pytest.raises(SpecError, match="no step 9"):
        ask(NAMES, "gradients", text="anna", at=9)


@pytest.mark.parametrize("request_", [{"text": ""}, {"text": "Ayşe"}, {"text": "x" * 401}, {}])
def test_a_text_that_cannot_be_read_is_told_at_its_field(request_):
    with pytest.raises(SpecError) as refused:
        ask(NAMES, "unroll", **request_)
    assert refused.value.field == "text"


def test_what_a_symbol_is_drawn_from_follows_temperature_top_k_and_top_p():
    scores = torch.tensor([0.5, 0.25, 0.15, 0.1]).log()
    assert close(Sampling().keep(scores), scores.exp())
    assert close(Sampling(temperature=0.5).keep(scores), torch.tensor([0.25, 0.0625, 0.0225, 0.01]) / 0.345)
    assert close(Sampling(top_k=2).keep(scores), torch.tensor([2 / 3, 1 / 3, 0, 0]))
    assert close(Sampling(top_p=0.8).keep(scores), torch.tensor([0.5, 0.25, 0.15, 0]) / 0.9)
    assert Sampling(temperature=0).keep(scores).tolist() == [1, 0, 0, 0]
    with pytest.raises(SpecError, match="temperature of -1"):
        ask(NAMES, "next", temperature=-1)


def test_names_are_made_up_the_same_for_the_same_seed_and_greedily_at_temperature_zero():
    one, same, other = (ask(NAMES, "generate", cell="gru", seed=seed, count=8) for seed in (1, 1, 2))
    assert one["texts"] == same["texts"] != other["texts"]
    greedy = ask(NAMES, "generate", cell="gru", temperature=0, count=2, length=6)["texts"]
    text = ""
    for _ in range(6):
        likeliest = ask(NAMES, "next", cells=["gru"], text=text)["cells"]["gru"]["symbols"][0]
        if likeliest == "⏎":
            break
        text += likeliest
    assert greedy == [text, text]


def test_surprise_is_that_of_each_symbol_and_of_a_names_end():
    told = ask(NAMES, "surprise", text="eva", cells=["lstm"])
    product = 1.0
    for place, symbol in enumerate(["e", "v", "a", "⏎"]):
        after = ask(NAMES, "next", text="eva"[:place], cells=["lstm"])["cells"]["lstm"]
        product *= after["probabilities"][after["symbols"].index(symbol)]
    assert told["symbols"] == ["e", "v", "a", "⏎"]
    assert told["cells"]["lstm"]["bits"].sum() == pytest.approx(-np.log2(product), rel=1e-5)


def test_next_words_stand_beside_the_grammars_own_probabilities():
    told = ask(WORDS, "next", text="the cat", cells=["gru"])["cells"]["gru"]
    true = dict(zip(told["symbols"], told["true"]))
    assert true["that"] == pytest.approx(0.4) and true["sits"] == pytest.approx(0.2) and true["sit"] == 0
    costs = ask(WORDS, "surprise", text="the cat sits .", cells=["gru"])["true"]
    assert close(costs, -np.log2([1, 1 / 8, 0.2, 0.2]))
    assert grammar("en").words


def test_a_forecast_feeds_what_it_told_back_in():
    told, held = ask(SERIES, "forecast", example=3, cells=["lstm"]), snapshot(SERIES)
    series, answer = [*told["given"]], told["cells"]["lstm"]
    with torch.no_grad():
        for _ in range(6):
            given = torch.tensor(series, dtype=torch.float32)[None, :, None]
            series.append(held.module["lstm"](given)[0][0, -1, 0].item())
    assert close(answer["forecast"], series[20:])
    assert answer["error"] == pytest.approx(np.sqrt(np.mean((answer["forecast"] - told["truth"])**2)), rel=1e-5)
    with pytest.raises(EngineError, match="not learned from a series"):
        ask(NAMES, "forecast")


def test_an_example_tells_what_was_asked_and_whether_the_answer_is_right():
    told = ask(RECALL, "example", example=1)
    letter = next(name for name in told["inputs"] if name.isupper())
    assert told["targets"] == [""] * 11 + [letter.lower()]
    for cell in told["cells"].values():
        assert cell["right"] == (cell["answers"][-1] == letter.lower())


def test_places_of_a_unit_are_the_stretches_in_which_it_is_on():
    on = np.array([[0, 1, 1, 0, 1], [1, 0, 0, 0, 0]], bool)
    values = np.array([[0, 1, 3, 0, 5], [-4, 0, 0, 0, 0]], np.float32)
    assert list(find_places(on, values)) == [(0, 4, 4, 5.0), (1, 0, 0, 4.0), (0, 1, 2, 2.0)]


def test_a_unit_that_hears_the_start_alone_is_found_at_the_start_of_every_name():
    held = snapshot(replace(NAMES, network=replace(SMALL, layers=1)))
    cell = held.module["rnn_tanh"]
    for parameter in cell.parameters():
        parameter.data.zero_()
    cell.embedding.weight.data[0] = 1.0             # of the start
    cell.recurrent.weight_ih_l0.data[2] = 1.0       # unit 2 hears it
    unit = read_unit(held, {"cell": "rnn_tanh", "unit": 2})
    rows, there = held_rows(held)
    told = tell_places(held, unit.values(held, torch.from_numpy(rows)), level=0.5)
    assert told["share"] == pytest.approx(len(rows) / there.sum())
    assert told["positions"][0] == 1 and told["symbols"][0] == ("⏎", 1.0, 516)
    assert {place["on"] for place in told["places"]} == {"⏎"} and told["places"][0]["before"] == ""


def test_a_snapshot_of_other_weights_is_refused():
    weights = {name: value.numpy() for name, value in build_cells(NAMES).state_dict().items()}
    with pytest.raises(RecordingError, match="another network"):
        open_cells(PLAYS, weights | {"extra": np.zeros(1)}, 0, Path("."), None)
