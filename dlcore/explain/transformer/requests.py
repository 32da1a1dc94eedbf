"""What the explainer answers about a transformer, in one place.

Every request has "model": {"run": id, "step": step, or None for live}, {"pretrained": name}, or {"spec": a plain spec}
for the network before its training. Most have "text": what the encoder reads, or of a language model the tokens that
are there so far. For the translator, "target" is the text (or a list of token numbers) that the decoder reads behind
its start token; where it is missing or None it is the network's own answer, each time the likeliest token. SpecError
with the field "text" or "target" where a text is empty, too long or has words that are not known; the message names
them.

Every request may have "off": heads that are switched off, [[part, layer, head] ...]: what such a head hands to the
output projection is zero, in everything that is told.

A part is "encoder" (self-attention of the encoder), "decoder" (masked self-attention) or "cross" (the decoder looks at
the encoder). A language model has "decoder" alone. Layers and heads count from 0. Tokens are told as they can be seen
("⏎" for a line's end). The decoder's rows are named by what it reads: its start token and the target; row t tells token
t of the "answer", so answer[t] comes behind target[t]. Arrays are float32 unless said otherwise.

    transformer_attention   "top" 5, likeliest tokens that are told a row
        {"step", "source": tokens (of a language model []), "target": tokens that the decoder reads, start token first,
         "answer": the likeliest token of every row, "text": the answer as a text (of the translator), "right": whether
         that is the right answer ("truth"), or None where it is not known, "top": [[(token, probability) ...] a row],
         "given": (rows - 1,) the probability with which each row told the token that the next row reads,
         "parts": {part: {"layers", "heads", "rows": "source" or "target", "columns": likewise, "first", "shape"}},
         "weights": uint8 (all,), every map of every part one behind the other: a part's are
         weights[first: first + prod(shape)].reshape(shape), shape (layers, heads, rows, columns), 255 for weight 1,
         "entropy": {part: (layers, heads)} mean bits of a row's weights: 0 where each row looks at one token,
         "seconds": of the passes that this took}
    transformer_head        "part", "layer", "head": one map in full: {"rows": tokens, "columns": tokens, "weights":
        (rows, columns), "masked": bool (rows, columns), "off": whether it is switched off}
    transformer_alignment   of the translator; "layer": of the cross-attention, or None for the mean of all:
        {"source", "target", "answer", "weights": (answer, source) mean over the heads that are on, rows named by the
         token that they tell, "links": [(answer, source, weight)], for every told token the source token that got most}
    transformer_rollout     attention rollout (Abnar and Zuidema, 2020, arXiv:2005.00928): every layer's mean map A of
        the heads that are on, halved with the residual (A + I) / 2, multiplied along the layers: {"encoder": (layers,
        source, source), "decoder": (layers, target, target) of a language model, of a translator (layers, target,
        target + source), where the cross-attention hands on what the encoder's last layer has gathered; every row sums
        to 1, "columns": {part: tokens}}
    transformer_inside      "part", "layer", "head", "row": a row of that part, "column": one of its columns. The
        numbers of one token on its way, those of the real pass; see dlcore.explain.transformer.inside
        {"token", "columns": tokens, "embedding": (width,) as it is added, "position": (width,) or None,
         "stream": [{"name", "layer", "values": (width,)}], the residual stream from the embedding to the last layer:
         names "embedding", "encoder", "decoder", "cross", "feed_forward", and "final" behind the last norm;
         "before": (width,) the residual stream that the sublayer reads, "read": (width,) what Q comes from (behind the
         norm, where the norm comes first),
         "query": (head_width,), "keys", "values": (columns, head_width), as they are multiplied (rotated, if so),
         "terms": (head_width,) query · key of "column", term by term, "products": (columns,), "scale": 1/√head_width,
         "scaled": (columns,), "masked": bool (columns,), "weights": (columns,), "sum": (head_width,) the weighted sum
         of values, "heads": (heads, head_width) of all heads, before concatenation, "projected": (width,) behind the
         output projection, "after": (width,) the residual stream behind the sublayer (and behind its norm, where that
         comes last),
         "norm": {"input", "mean", "deviation", "normalised", "gain", "shift", "output"}, the sublayer's layer norm,
         "feed_forward": {"read": (width,), "hidden": before and "active": behind the activation (hidden,), "output":
         (width,)} of the layer,
         "logits": [(token, logit, probability) ...] the ten likeliest of the row (not of the encoder: None),
         "checks": [{"name", "spelled", "network", "apart"}]: what the shown numbers add up to, worked out from them
         alone in numpy, beside what the network has; "apart" is the largest difference of all in it}
    transformer_positions   "part" ("encoder" or "decoder"), "dimension": {"kind": "sinusoidal", "learned", "rotary" or
        "none", "matrix": (positions, width) what is added, or of rotary (positions, head_width / 2) the cosine of the
        angle; None for none, "wave": (positions,) of the dimension, "period": positions of a full turn, or None}
    transformer_shuffle     "seed", or "order": a permutation of the tokens: what is lost without positions. {"order",
        "tokens", "shuffled", "encoder": (layers + 1,) how far the states of the shuffled tokens are from the shuffled
        states of the tokens, relative to their size (0: order is not seen), layer by layer from the embeddings (of a
        language model, "decoder": the same of the last token, all others shuffled), "answers": [texts of both] of the
        translator, "change": total variation of the next token's distribution (of the first told token), "top":
        [[(token, probability) ...] of both]}
    transformer_next        "temperature" 1.0, "top_k" 0 (all), "top_p" 1.0, "seed", "begins": the columns of the next
        token, the likeliest first. They have the 60 likeliest tokens, the drawn one, and up to 20 of those that begin
        with "begins": {"tokens", "ids", "ranks": (columns,) place of each among all "count" tokens, "logits", "scaled":
        logits / temperature, "kept_k", "kept_p": bool, what is left by top-k and then by top-p, "probabilities": of the
        plain softmax, "kept": what is drawn from, "drawn": its place in the columns, "found": places of those that
        begin so, the one that is it first, "rest": probability of the tokens that are not in the columns}
    transformer_token       one step of a generation; "ids": the token numbers so far (the prompt is "text" alone, at
        the beginning), and all of transformer_next: its answer, and "so_far": the ids so far, without the drawn one,
        "shown": their tokens, "text", "computed": tokens that were read for this step, "seen": tokens that it looked
        back at, "seconds": {"cached", "whole"} of this step with the key-value cache and of the same step without,
        "apart": largest difference of their logits. Accept: append columns' ids[drawn]; choose another: append that
        one; go back: leave out the last. The explainer keeps the cache
    transformer_beams       of the translator; "width" 4: {"nodes": [{"parent": index or None, "token", "depth", "step":
        log p of the token, "score": sum from the root, "kept": whether it was among the beams of its step, "end":
        bool}], "answers": [{"text", "score", "length", "node"}], the best first, "greedy": text}
    transformer_vocabulary  of a language model by byte pairs: {"symbols": tokens, "empty": places of the vocabulary
        for which the text gives none, "merges": [[one, other] ...] pairs in the order in which they were joined}

Jobs (requests to start_job; "cache": True shares the result, for a "step" that is not None):

    transformer_evaluate    "off", "whole" True: all held-out examples, or those of a look: {"accuracy": share of exact
        answers of the translator, or of the tokens told right, "loss": nats a token, "perplexity", "bits": a character
        (language model), "examples", "right": int (texts,) answers or tokens told right, "interval": of the accuracy
        (Wilson, 95 %; of tokens, with the design effect of their texts), "step"}
    transformer_importance  "off", "whole" False: what is lost when one head alone is off (Michel, Levy and Neubig,
        2019, arXiv:1905.10650): {"heads": [(part, layer, head) ...] so far, "accuracy", "loss": (heads so far,) with
        that head off, "chance": (heads so far,) how often chance alone would change as much, by the exact test of the
        differences text by text (of sentences: McNemar's), "noise": bool (heads so far,), whether that may be chance,
        at 5 % for all heads together (Holm), "whole": as of transformer_evaluate, with all heads, "examples", "texts",
        "interval": of the accuracy with all heads}
    transformer_attribution integrated gradients (Sundararajan, Taly and Yan, 2017, arXiv:1703.01365) of the log
        probability of one told token, "row" (default: the last), for the embeddings of the tokens before it, against
        embeddings of 0 with the positions kept: {"source", "target": tokens that could count, "row", "of": the token,
        "values": {"source": (source,), "target": (row + 1,)} of each token, "sum", "promise": what the values must add
        up to, "steps": points of the path, made more until they do, "attention": {part: (layers, heads)} Spearman's
        rank correlation of each head's row with the sizes of the values, NaN where a row has fewer than three tokens,
        "mean": {part: (layers,)} of the mean map, "rollout": number}
    transformer_generate    "text", "count": tokens, "temperature", "top_k", "top_p", "seed", "compare": also take each
        step without the cache: {"text": so far, "tokens", "probabilities": of each drawn token, "seconds": {"cached":
        (tokens,), "whole": (tokens,) with "compare"}}
    transformer_film        "part", "layer", "head", "text", "target", "steps": of the recording: {"steps" so far,
        "rows", "columns", "weights": uint8 (steps so far, rows, columns), "answers": [text of each], "entropy": (steps
        so far,)}. The target is the same at all steps: the given one, else the answer at the last of them
    transformer_induction   of a language model; "seed", "repeats": 16 texts of random tokens, each said twice (Olsson
        et al., 2022, arXiv:2209.11895): {"heads": (layers, heads) mean attention from the second half's tokens to the
        token after the same token's first time, "previous": (layers, heads) mean attention to the token before,
        "chance": what even attention would give, "example": tokens, "half": how long either is, "maps": uint8
        (layers, heads, time, time) of the first text, "bits": (time - 1,) mean bits of each token behind the first: low
        in the second half if the network continues what it has seen, "first", "second": mean bits of either half,
        "verdict": of the best head, "found", "weak" or "none", "texts": read so far}
    transformer_induction_film  of a run of a language model; "steps": of the recording, "seed", "repeats" 4: how
        induction heads are born: {"steps" so far, "heads", "previous": (steps so far, layers, heads) as above, "first",
        "second": (steps so far,) mean bits of either half, "chance"}
    transformer_beside      a language model of the plays and "others": [models of recurrent runs, or pretrained ones,
        of the plays] on the same held-out characters, "whole" True: {"models": [{"kind": "transformer" or the cell's,
        "model", "step", "bits": a character, "parameters", "window": tokens or characters that are read in one piece,
        "seconds": learned, or None where that was not noted, "curve": (looks, 2) seconds and held-out bits on the
        way}], "matching": {cell: {"hidden", "parameters"}}, the size at which a cell has nearest as many parameters}
    transformer_race        a language model of a text, and recurrent cells that learn the same text in this Job: the
        same tokens (characters or byte pairs), windows, batches in the same order, and processor time; one layer, with
        the units that bring a cell's parameters nearest to the transformer's. "cells" ["lstm", "gru"], "seconds": that
        each may learn (None: as many as the run has learned up to the snapshot; SpecError "seconds" where that is not
        known; within dlcore.explain.transformer.racing.SECONDS), "again" False: also train the transformer anew, so
        that all learn on the same single thread (a run that learned on two had more; always where there is no
        recording), "whole" True: read all that is held out at the end, else the windows of a look: {"models":
        [{"kind": "transformer" or the cell's, "bits": a character, whatever the tokens, at the last look, NaN where
        the loss came to no number, "parameters", "hidden": units of a cell or None, "window": tokens read in one piece,
        "seconds", "steps", "tokens": learned so far, "rate": the learning rate, "curve": (looks, 2) seconds and
        held-out bits, "anew": whether it is trained here, "final": whether "bits" are of all that is held out}],
        "seconds", "step", "parameters": of the transformer}, so far

While a run learns its metric events are those of dlcore.training.transformer_trainer.
"""

from collections.abc import Callable

from dlcore.explain.transformer.inside import show_inside
from dlcore.explain.transformer.next_token import show_beams, show_next, show_token
from dlcore.explain.transformer.places import show_positions, show_shuffle
from dlcore.explain.transformer.seeing import show_alignment, show_attention, show_head, show_rollout
from dlcore.explain.transformer.snapshot import TransformerSnapshot
from dlcore.explain.transformer.vocabulary import show_vocabulary

TRANSFORMER: dict[str, Callable[[TransformerSnapshot, dict], dict]] = {
    "transformer_attention": show_attention, "transformer_head": show_head, "transformer_alignment": show_alignment,
    "transformer_rollout": show_rollout, "transformer_inside": show_inside, "transformer_positions": show_positions,
    "transformer_shuffle": show_shuffle, "transformer_next": show_next, "transformer_token": show_token,
    "transformer_beams": show_beams, "transformer_vocabulary": show_vocabulary,
}
