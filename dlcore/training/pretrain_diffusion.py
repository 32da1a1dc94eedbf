"""The diffusions that come with the project: a prompted rectified flow, and a small v-model for comparing samplers."""

from dlcore.specs.denoiser import Denoiser, Process
from dlcore.specs.diffusion import Diffusion, DiffusionTraining

PROMPTS = Diffusion(network=Denoiser(condition="prompt"),
                    training=DiffusionTraining(epochs=5, ema=0.999, precision="bfloat16", seed=7))
VELOCITY = Diffusion(process=Process(target="v"), network=Denoiser(width=24),
                     training=DiffusionTraining(epochs=3, ema=0.999, times="uniform", precision="bfloat16", seed=7))
DIFFUSIONS = {"prompts": {"prompts": PROMPTS}, "velocity": {"velocity": VELOCITY}}
