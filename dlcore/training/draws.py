"""The draws of dropout: torch takes them from its global generators, which are seeded before each use."""

import torch


def seed_draws(seed: int, device: torch.device) -> None:
    """Seed what dropout draws on a device."""
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)
