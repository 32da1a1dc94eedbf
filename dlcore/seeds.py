"""Random numbers as a pure function of a run's seed, a purpose and a step.

Nothing random is carried from step to step: every draw (a batch's order, its augmentation, a dropout mask, initial
weights) comes from a generator seeded for that purpose and step. So a run can be continued from any step, and a
neighbour in the same process cannot change it.
"""

import hashlib


def derive(seed: int, *parts: str | int) -> int:
    """Mix a seed with a purpose (and a step) into a new 63-bit seed."""
    text = "/".join(map(str, (seed, *parts)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1
