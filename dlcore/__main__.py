"""The door for scripts.

    python -m dlcore train EXPERIMENT.json      one JSON object a line: progress, then the evaluation
    python -m dlcore describe EXPERIMENT.json   the layer table as JSON
    python -m dlcore pretrain digits            make a network that comes with the project (or recurrent ...)
    python -m dlcore fetch kmnist               fetch a data set, one JSON object a line
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from dlcore.errors import DerinError
from dlcore.specs import codec, playground, transformer_table
from dlcore.specs.datasets import DATASETS
from dlcore.specs.diffusion import describe_parts
from dlcore.specs.learning import Learner, kind_of
from dlcore.specs.recurrent_layers import describe_cells
from dlcore.specs.shapes import LayerRow, layer_table

Say = Callable[[dict], None]
TURN = 0.2  # seconds


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return 0, or 2 where its input cannot be used (the reason goes to standard error)."""
    asked = _parser().parse_args(arguments)
    try:
        asked.run(asked, _say)
    except DerinError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m dlcore", description="Train and describe networks without a browser.")
    commands = parser.add_subparsers(required=True)
    for name, run, text in (("train", _train, "train an experiment, one JSON object a line"),
                            ("describe", _describe, "print the layer table as JSON")):
        command = commands.add_parser(name, help=text)
        command.add_argument("experiment", help="a JSON file, or - for standard input")
        command.set_defaults(run=run)
        if name == "train":
            command.add_argument("--threads", type=int, default=0, help="intra-op threads (default: all cores)")
            command.add_argument("--recording", type=Path, help="keep the recording in this folder")
    pretrain = commands.add_parser("pretrain", help="make networks that come with the project")
    pretrain.add_argument("name", choices=["digits", "recurrent", "transformer", "prompts"])
    pretrain.add_argument("--steps", type=int, help="train each for at most so many steps (default: to its end)")
    pretrain.add_argument("--folder", type=Path, help="write them here (default: assets/models)")
    pretrain.set_defaults(run=_pretrain)
    fetch = commands.add_parser("fetch", help="fetch a data set")
    fetch.add_argument("name", choices=[name for name, told in DATASETS.items() if told.megabytes])
    fetch.set_defaults(run=_fetch)
    return parser


def _train(asked: argparse.Namespace, say: Say) -> None:
    from dlcore.training.headless import train
    train(_read(asked.experiment), say, threads=asked.threads, folder=asked.recording)


def _describe(asked: argparse.Namespace, say: Say) -> None:
    experiment = _read(asked.experiment)
    if experiment.kind == "recurrent":
        return say(describe_cells(experiment))
    if experiment.kind == "transformer":
        return say(transformer_table.describe(experiment))
    if experiment.kind == "diffusion":
        return say(describe_parts(experiment))
    rows = _layers(experiment)
    say({"layers": [asdict(row) | {"memory": row.memory} for row in rows],
         "parameters": sum(row.parameters for row in rows),
         "multiply_adds": sum(row.multiply_adds for row in rows),
         "training_memory": kind_of(experiment).estimate_memory(experiment)})


def _layers(spec: Learner) -> tuple[LayerRow, ...]:
    match spec.kind:
        case "experiment":
            return layer_table(spec.network, spec.data)
        case "playground":
            return playground.layer_table(spec)
        case _:
            raise DerinError("There is no layer table of a spec of kind {kind}.", kind=spec.kind)


def _pretrain(asked: argparse.Namespace, say: Say) -> None:
    from dlcore.explain.pretrained import FOLDER
    from dlcore.training.pretrain import pretrain
    pretrain(asked.name, say, asked.folder or FOLDER, asked.steps)


def _fetch(asked: argparse.Namespace, say: Say) -> None:
    from dlcore.data.fetching import Fetch
    from dlcore.data.images import folder_of
    job, told = Fetch({"dataset": asked.name}, folder_of(asked.name).parents[1]), -1
    while not job.finished:
        job.advance(TURN)
        if int(100 * job.progress) != told:
            told = int(100 * job.progress)
            say({"kind": "progress", "share": told / 100})
    say({"kind": "fetched", "dataset": asked.name, "folder": str(folder_of(asked.name))})


def _read(source: str) -> Learner:
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text()
        return codec.from_dict(json.loads(text))
    except (OSError, ValueError) as error:
        raise DerinError("{source} cannot be read: {reason}", source=source, reason=error) from error


def _say(line: dict) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
