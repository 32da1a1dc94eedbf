"""The transformers that come with the project, and how well they do as they were written."""

from pathlib import Path

from dlcore.explain.pretrained import FOLDER
from dlcore.explain.snapshot import load_written
from dlcore.specs.texts import TextData
from dlcore.specs.transformer import Transformer, TransformerNetwork, TransformerTraining
from dlcore.training.transformer_examiner import TransformerExaminer
from dlcore.training.transformer_tasks import choose_precision

NUMBERS = Transformer(
    network=TransformerNetwork(layers=2, heads=4, width=64, dropout=0.1),
    training=TransformerTraining(batch_size=64, epochs=12, learning_rate=0.003, warmup=100, seed=7))
GPT = Transformer(
    data=TextData(task="plays"),
    network=TransformerNetwork(layers=4, heads=4, width=128, positions="rotary", context=128, dropout=0.1),
    training=TransformerTraining(batch_size=16, epochs=5, learning_rate=0.003, warmup=100, weight_decay=0.1, seed=7))
TRANSFORMERS = {"translator": NUMBERS, "gpt": GPT}
DATA = {"numbers": "the numbers from 0 to 9,999 in English and Turkish words",
        "plays": "eight plays by William Shakespeare (public domain)"}


def measure_transformer(name: str, folder: Path = FOLDER) -> dict[str, float]:
    """Return how well a pretrained transformer, as it was written, does on all that was held out: "test_exact" ..."""
    snapshot = load_written(name, folder)
    examiner = TransformerExaminer(snapshot.spec, snapshot.texts, next(snapshot.module.parameters()).device)
    *_, known = examiner.examine(snapshot.module, choose_precision(snapshot.spec), whole=True)
    return {measure: round(value, 5) for measure, value in known.items() if measure.startswith("test_")}
