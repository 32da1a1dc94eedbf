"""What the explainer answers about the cells of a Recurrent run, in one place.

Every request has "model": {"run": id, "step": step, or None for live}, {"pretrained": "names"}, or {"spec": a plain
spec} for the cells before their training. Most have "cell" (default: the first of the spec's) or "cells" (default:
all), and a sequence: "text" (a list of words, or a text that is split at blanks, for the grammar), or for tasks without
text "example", the number of a held-out sequence. SpecError with the field "text" where a text is empty, too long
(400 symbols) or has symbols outside the vocabulary; the message names them.

A text is what the cell reads after its start symbol: names and sentences begin behind the end of another one. So the
inputs are start + text and there is one more step than the text has symbols: step t tells what comes behind symbol t,
step 0 what comes first. "inputs" are the steps' names; the start is "⏎" for names, "." for the grammar and "⏎" (a line
end) for plays. All arrays are float32 unless said otherwise; (time, units) is indexed [step][unit].

    recurrent_unroll       "clamps": [clamp ...] (see below), "after": k (told probabilities a step, default 5)
        {"step", "inputs": (time,) texts or float32 (time, width), "layers": [layer ...], "outputs": (time, outputs),
         "top": [[(symbol, probability), k of them] a step] of texts, "surprise": (time - 1,) bits of each symbol of the
         text given those before it}; outputs are probabilities, or the number told for series and adding.
        A layer is {"hidden": (time, units), "cell": (time, units) of the LSTM or None, "gates": {name: (time, units)}}
        with the names of specs.recurrent.GATES; GRU: h = update ⊙ h_before + (1 - update) ⊙ candidate.
        With clamps, "clamped" is the same dict, re-run with them, and "change": (time,) is the distance of the two
        output distributions (total variation in 0..1; for numbers the absolute difference).
        A clamp is {"layer": 0, "gate": name, "unit": index or None for all, "value": 0..1, "first": step, "last": step}
    recurrent_equation     "layer", "at": step, "unit": {"terms": [{"gate": name or "hidden", "input": W·x, "recurrent":
        U·h, "bias": b (input side), "recurrent_bias": b (hidden side), "sum": before the activation function,
        "function": "sigmoid" | "tanh" | "relu", "value"}], "hidden_before", "hidden", "cell_before", "cell"
        (None without one), "x": (width,), "h": (units,) before, "weights": {gate: {"input": (width,), "recurrent":
        (units,)}}}; of the GRU's candidate, "recurrent" is U·h + its bias before the reset gate is multiplied in
    recurrent_edit         "text", "edited" (same length, or longer or shorter: compared from the first difference on):
        {"inputs", "edited_inputs", "first": the first step that differs, "cells": {cell: {"hidden": (time,) relative
        distance of the hidden states of the last layer, "outputs": (time,) total variation of the outputs}}}
    recurrent_gradients    "cells", "at": step of the output (default: the last), "of": a symbol (default: the likeliest
        of each cell): {"step", "at", "inputs", "cells": {cell: {"of": symbol, "hidden": (at + 1,), "input": (at + 1,),
        "cell": (at + 1,) or None, "factor": geometric mean of |∂y/∂h_t| / |∂y/∂h_t+1|}}}: Euclidean norms of
        ∂log p/∂h_t (of the number, for series and adding) for the last layer's state and for the input's embedding
    recurrent_next         "temperature" 1.0, "top_k" 0 (all), "top_p" 1.0: {"cells": {cell: {"symbols": [...],
        "probabilities": (n,), "kept": (n,) what is drawn from, "true": (n,) of the grammar, or None}}}, likeliest first
    recurrent_generate     "cell", "text" (what it goes on from), "count" 12, "length" 60, "temperature", "top_k",
        "top_p", "seed": {"texts": [...], "finished": [bool ...], "surprise": [(length,) bits under the plain
        distribution ...]}; names end at their end, sentences at a stop. Also a Job of the same name for more than 100
        symbols, with partial results
    recurrent_surprise     "text", "cells": {"symbols": of the text (and, of names, their end), "cells": {cell: {"bits":
        (symbols,), "mean"}}, "true": (symbols,) the grammar's own bits, NaN where it forbids what stands before, or
        None}
    recurrent_example      "example", "cells": {"inputs", "targets": (time,) texts or numbers, "" or NaN where nothing
        is asked, "cells": {cell: {"outputs": (time, outputs), "answers": (time,), "right": bool, "error": float}}}
    recurrent_forecast     series: "example", "context": steps given (default: all): {"given": (context,), "truth"
        (horizon,), "cells": {cell: {"told": (context - 1,) one step ahead, "forecast": (horizon,), "error": its root
        mean squared error}}, "mean", "deviation": to turn a column's numbers back}

Jobs:

    recurrent_generate   as above; the result grows
    recurrent_unit       "cell", "layer", "of": "hidden" or "cell", "unit", "text", "first", "last": the other places of
        the held-out text where the unit is on as in that span, as dlcore.explain.units.tell_places tells them
    recurrent_history    "model": {"run"}, "cells", "text", "at": recurrent_gradients along the snapshots, {"steps",
        "at", "inputs", "cells": {cell: {"hidden": (steps, at + 1), "input": (steps, at + 1), "factor": (steps,)}}}
    recurrent_verdict    no model; "spec" of a memory task, "delays": [...], "seconds": 60: which cell learns it at
        which delay, {"delays", "cells", "accuracy": (cells, delays), NaN where not tried yet, "solved", "steps",
        "seconds"}; solved is 98 % of held-out sequences right

While a run learns its metric events are {"kind": "metric", "step", "epoch", and flat measures "CELL.MEASURE"}:

    CELL.train_loss, train_accuracy, train_bits    mean over the batches since the last point; see
        specs.sequences.measures
    CELL.held_loss, held_accuracy, held_bits, held_error    at a look, on held-out sequences; test_... too at the end,
        on all of them
    CELL.gradient_mean, gradient_peak, gradient_after    norms since the last point: mean and largest before clipping,
        largest after it; None where it was no number
    CELL.seconds    processor seconds that the cell has learned so far

{"kind": "exploded", "step", "cell"} tells that a cell's weights are no numbers any more; it learns no further.
"""

from collections.abc import Callable

from dlcore.explain.inside_cells import show_edit, show_equation, show_gradients, show_unrolled
from dlcore.explain.recurrent_snapshot import RecurrentSnapshot
from dlcore.explain.telling import tell_example, tell_forecast, tell_next, tell_surprise, tell_texts

RECURRENT: dict[str, Callable[[RecurrentSnapshot, dict], dict]] = {
    "recurrent_unroll": show_unrolled, "recurrent_equation": show_equation, "recurrent_edit": show_edit,
    "recurrent_gradients": show_gradients, "recurrent_next": tell_next, "recurrent_generate": tell_texts,
    "recurrent_surprise": tell_surprise, "recurrent_example": tell_example, "recurrent_forecast": tell_forecast,
}
