"""The weights of a network at one moment as a file, for the printed code to load (without torch)."""

from pathlib import Path

from safetensors.numpy import save

from dlcore.errors import N_, RecordingError
from dlcore.explain.pretrained import PRETRAINED, open_pretrained
from dlcore.specs.learning import Learner
from dlcore.training.files import Weights
from dlcore.training.recording import Recording

PLACES = {"experiment": "digits", "playground": "playground", "recurrent": "recurrent", "transformer": "transformer",
          "diffusion": "diffusion"}  # the file of each kind of spec
LOAD = "# in place of the training\nfrom safetensors.torch import load_file\n\n"


def file_name(spec: Learner) -> str:
    """Return the name of the file that the printed code looks for."""
    return f"{PLACES[spec.kind]}.safetensors"


def open_model(model: dict, home: Path) -> tuple[Learner, Weights, int]:
    """Return the spec, the weights (as float32) and the step that a request's "model" names.

    RecordingError where there is nothing trained.
    """
    name = str(model.get("pretrained", ""))
    if name in PRETRAINED:
        return open_pretrained(name)
    if "run" not in model:
        raise RecordingError(N_("This network has not been trained yet."))
    recording = Recording(Path(home) / "runs" / Path(str(model["run"])).name)
    step, weights = recording.weights(model.get("step"))
    return recording.experiment, weights, step


def pack(weights: Weights) -> bytes:
    """Return weights as the content of a safetensors file."""
    return save({name: value.copy(order="C") for name, value in weights.items()})


def print_loading(spec: Learner) -> str:
    """Return the lines that give the printed network the weights of the file, in place of the training."""
    place = f'load_file("{file_name(spec)}")'
    if spec.kind == "recurrent":
        return (f'{LOAD}weights = {place}\nfor name, model in models.items():\n'
                '    model.load_state_dict({key.removeprefix(f"{name}."): value for key, value in weights.items()\n'
                '                           if key.startswith(f"{name}.")})')
    return f"{LOAD}{'mean' if spec.kind == 'diffusion' else 'model'}.load_state_dict({place})"
