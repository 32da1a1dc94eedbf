"""The networks that come with the project: safetensors and a manifest that says how they were made."""

import json
from pathlib import Path

from safetensors.numpy import load_file

from dlcore.errors import N_, RecordingError
from dlcore.specs import codec
from dlcore.specs.learning import Learner
from dlcore.training.files import Weights
from dlcore.training.recording import whole

FOLDER = Path(__file__).parents[2] / "assets" / "models"
PRETRAINED = ("digits", "names", "plays", "sentences_en", "sentences_tr", "translator", "gpt",
              "prompts", "velocity")

COMMANDS = {"digits": "digits", "translator": "transformer", "gpt": "transformer", "prompts": "prompts",
            "velocity": "prompts"}  # the others are made by "recurrent"


def read_manifest(name: str, folder: Path = FOLDER) -> dict:
    """Return what is known of a pretrained network: experiment, command, seconds, accuracy, step."""
    try:
        return json.loads((folder / f"{name}.json").read_text())
    except (OSError, ValueError) as error:
        raise RecordingError(N_("The pretrained network {name} is missing. Make it with: python -m dlcore pretrain "
                                "{command}"), name=name, command=COMMANDS.get(name, "recurrent")) from error


def open_pretrained(name: str, folder: Path = FOLDER) -> tuple[Learner, Weights, int]:
    """Return a pretrained network's experiment, weights and step."""
    manifest = read_manifest(name, folder)
    weights = {key: whole(value) for key, value in load_file(folder / f"{name}.safetensors").items()}
    return codec.from_dict(manifest["experiment"]), weights, manifest["step"]
