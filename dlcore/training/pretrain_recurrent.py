"""The recurrent cells that come with the project, and how well they do as they were written."""

from pathlib import Path

from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import load_written
from dlcore.specs.recurrent import CELLS, Recurrent, RecurrentNetwork, RecurrentTraining
from dlcore.specs.sequences import SequenceData
from dlcore.training.sequence_examiner import SequenceExaminer
from dlcore.training.sequence_tasks import choose_precisions

NAMES = Recurrent(
    network=RecurrentNetwork(cells=CELLS, hidden=128, embedding=24, dropout=0.3),
    training=RecurrentTraining(batch_size=64, epochs=25, learning_rate=0.005, weight_decay=0.05, seed=7))
PLAYS = Recurrent(
    data=SequenceData(task="shakespeare", length=96),
    network=RecurrentNetwork(cells=("rnn_tanh", "lstm", "gru"), hidden=160, embedding=48),
    training=RecurrentTraining(batch_size=32, epochs=3, learning_rate=0.004, schedule="one_cycle", seed=7))
SENTENCES = {f"sentences_{language}": Recurrent(
    data=SequenceData(task="grammar", language=language, length=32),
    network=RecurrentNetwork(cells=CELLS, hidden=48, embedding=16),
    training=RecurrentTraining(batch_size=64, epochs=30, learning_rate=0.008, seed=7)) for language in ("en", "tr")}
RECURRENT = {"names": NAMES, "plays": PLAYS, **SENTENCES}
DATA = {"names": "5,163 first names of the US Census 1990 (public domain)",
        "shakespeare": "eight plays by William Shakespeare (public domain)", "grammar": "sentences of a small grammar"}


def measure_cells(name: str, folder: Path = FOLDER) -> dict[str, float]:
    """Return how well pretrained cells, as they were written, do on all that was held out: "gru.test_bits" ..."""
    snapshot = load_written(name, folder)
    examiner = SequenceExaminer(snapshot.spec, snapshot.sequences, next(snapshot.module.parameters()).device)
    *_, known = examiner.examine(snapshot.module, choose_precisions(snapshot.spec), whole=True)
    return {measure: round(value, 5) for measure, value in known.items() if ".test_" in measure}
