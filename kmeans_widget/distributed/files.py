"""Blocks in files."""

from __future__ import annotations

from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.distributed.sources import Source
from kmeans_widget.distributed.threads import ThreadEngine

if TYPE_CHECKING:
    from kmeans_widget.core.arrays import Float64s, Floats

BLOCK_BYTES = 32_000_000  # of a block: enough that reading it takes longer than asking for it


@dataclass(frozen=True, slots=True)
class NpyBlock:
    """Some rows of a `.npy` file."""

    path: str
    start: int
    stop: int

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{Path(self.path).name}, rows {self.start:,} to {self.stop - 1:,}"

    def read(self) -> tuple[Floats, Float64s | None]:
        """Return the rows."""
        return np.array(np.load(self.path, mmap_mode="r")[self.start : self.stop]), None


def open_source(X: Any, sample_weight: Any) -> Source:
    """Open files, given by their names or by a pattern."""
    if sample_weight is not None:
        raise ValueError("Weights of files are not supported yet.")
    names = X if isinstance(X, list | tuple) else [X]
    paths = [path for name in names for path in sorted(glob(str(name))) or [str(name)]]  # noqa: PTH207
    blocks = []
    for path in paths:
        array = np.load(path, mmap_mode="r")
        rows = max(BLOCK_BYTES // max(array[:1].nbytes, 1), 1)
        blocks += [NpyBlock(path, i, min(i + rows, len(array))) for i in range(0, len(array), rows)]
    return Source(ThreadEngine(blocks))
