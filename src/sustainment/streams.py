"""Random numbers that do not depend on each other: one stream for each label.

A variable added later has a label of its own, so it moves no other variable.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np


def rng(seed: int, label: str) -> np.random.Generator:
    """A generator that belongs to (seed, label) alone, the same on every machine."""
    return np.random.default_rng(np.random.SeedSequence([seed, crc32(label.encode())]))
