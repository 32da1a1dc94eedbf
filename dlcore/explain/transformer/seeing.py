"""What the attention of a transformer looks at: all maps, one head, the word alignment, rollout."""

import time
from math import isqrt

import numpy as np

from dlcore.errors import N_, EngineError, SpecError
from dlcore.explain.inside_cells import likeliest
from dlcore.explain.transformer.maps import SIDES, entropy, link, mean_map, pack, roll_out, roll_out_decoder
from dlcore.explain.transformer.passing import Passed, attention_of, read_head
from dlcore.explain.transformer.reading import Reading, before_stop, read, truth_of
from dlcore.explain.transformer.snapshot import TransformerSnapshot, offered

MOST_TOLD = 20           # likeliest tokens of a row
MOST_WEIGHTS = 8 * 2**20  # of all maps together


def show_attention(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return every head's map in one array, with the tokens and what the rows tell."""
    begun = time.perf_counter()
    reading = read(snapshot, request)
    check_size(reading)
    passed = reading.run()
    maps = passed.maps()
    seconds = time.perf_counter() - begun
    parts, weights = pack(maps)
    answer = {"step": snapshot.step, "source": reading.names("source"), "target": reading.names("target"),
              "parts": parts, "weights": weights, "entropy": {part: entropy(each) for part, each in maps.items()}}
    return answer | tell_rows(reading, passed, int(request.get("top", 5))) | judge(reading, passed, request) | {
        "seconds": seconds}


def check_size(reading: Reading) -> None:
    """Raise SpecError where all maps together are more than is sent at once."""
    network, tokens = reading.snapshot.spec.network, reading.target.shape[1]
    heads = network.layers * network.heads
    if reading.source is None and heads * tokens**2 > MOST_WEIGHTS:
        raise SpecError("text", N_("The maps of {heads} heads for {tokens} tokens are more than can be shown at once. "
                                   "Shorten the text to {most} tokens."), heads=heads, tokens=tokens,
                        most=isqrt(MOST_WEIGHTS // heads))


def tell_rows(reading: Reading, passed: Passed, top: int) -> dict:
    """Return what every row of the decoder tells: its likeliest tokens, and the probability of what came next."""
    shares = offered(reading.snapshot, passed.logits[0]).softmax(-1)
    names = reading.snapshot.texts.target.shown(range(shares.shape[-1]))
    rows = [likeliest(row, names, max(1, min(top, MOST_TOLD))) for row in shares.numpy()]
    given = shares[:-1].gather(1, reading.target[0, 1:, None])[:, 0]
    return {"answer": [row[0][0] for row in rows], "top": rows, "given": given.numpy()}


def judge(reading: Reading, passed: Passed, request: dict) -> dict:
    """Return the answer as a text and whether it is right, where that is known."""
    if reading.source is None:
        return {"text": request["text"], "right": None, "truth": None}
    told = before_stop(passed.logits[0].argmax(-1).tolist())
    text, truth = reading.snapshot.texts.target.decode(told), truth_of(reading.snapshot, request)
    return {"text": text, "right": None if truth is None else text == truth, "truth": truth}


def show_head(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return the map of one head in full."""
    reading = read(snapshot, request)
    part, layer, head = read_head(snapshot.module, [request["part"], request["layer"], request["head"]])
    passed = reading.run()
    inside = passed.inside(part, layer)
    weights = inside.weights[0, head].numpy()
    rows, columns = SIDES[part]
    masked = np.zeros(weights.shape, bool) if inside.mask is None else inside.mask.numpy()
    return {"rows": reading.names(rows), "columns": reading.names(columns), "weights": weights, "masked": masked,
            "off": (part, layer, head) in reading.off, "step": snapshot.step}


def show_alignment(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return which source tokens each told token of a translator was read from, by its cross-attention."""
    reading = read(snapshot, request)
    if reading.source is None:
        raise EngineError(N_("A language model has no encoder. Choose a translation."))
    passed, layer = reading.run(), request.get("layer")
    if layer is not None:
        attention_of(snapshot.module, "cross", int(layer))
    chosen = slice(None) if layer is None else slice(int(layer), int(layer) + 1)
    maps, on = passed.maps()["cross"][chosen], passed.on()["cross"][chosen]
    weights = mean_map(maps.reshape(-1, *maps.shape[-2:]), on.ravel())
    return {"source": reading.names("source"), "target": reading.names("target"),
            "answer": tell_rows(reading, passed, 1)["answer"], "weights": weights,
            "links": link(weights) if on.any() else [], "step": snapshot.step}


def show_rollout(snapshot: TransformerSnapshot, request: dict) -> dict:
    """Return how much of each token reaches each other one through all layers up to each."""
    reading = read(snapshot, request)
    told, columns = rollouts(reading.run()), {"decoder": reading.names("target")}
    if reading.source is not None:
        columns = {"encoder": reading.names("source"), "decoder": [*reading.names("target"), *reading.names("source")]}
    return {**told, "columns": columns, "source": reading.names("source"), "target": reading.names("target"),
            "step": snapshot.step}


def rollouts(passed: Passed) -> dict[str, np.ndarray]:
    """Return the rollout of each stack (see "transformer_rollout")."""
    maps, on = passed.maps(), passed.on()
    if "encoder" not in maps:
        return {"decoder": roll_out(maps["decoder"], on["decoder"])}
    encoder = roll_out(maps["encoder"], on["encoder"])
    return {"encoder": encoder, "decoder": roll_out_decoder(maps["decoder"], maps["cross"], encoder[-1], on)}
