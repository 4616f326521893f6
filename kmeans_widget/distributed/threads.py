"""Blocks on this machine: a few threads read some of them while others are computed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget.core import blocks
from kmeans_widget.core.kernels.threads import context_of_part, report, thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kmeans_widget.core.blocks import Block


class LocalEngine:
    """What the engines of this process have in common."""

    def map(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> list[Any]:
        """Call a function for all blocks."""
        raise NotImplementedError

    def join(self, function: Callable[..., Any], *arguments: Any, only: Sequence[int]) -> Any:
        """Return the results for all rows as one array."""
        return join_rows(self.map(function, *arguments, only=only))

    def forget(self, run: str) -> None:
        """Remove what the passes of a run remember of the blocks."""
        blocks.forget(run)

    def close(self) -> None:
        """Do nothing: no block stays in memory."""


class ThreadEngine(LocalEngine):
    """An `Engine` whose blocks are read by threads.

    Parameters
    ----------
    blocks : sequence of Block
    in_flight : int, default=None
        How many blocks are in memory at once; None means one more than there are threads, so that
        one is read while the others are computed.

    Examples
    --------
    >>> import numpy as np
    >>> from kmeans_widget.core.blocks import BlockSamples
    >>> from kmeans_widget.distributed.arrays import ArrayBlock
    >>> X = np.arange(8.0).reshape(4, 2)
    >>> samples = BlockSamples(ThreadEngine([ArrayBlock(X[:3]), ArrayBlock(X[3:])]))
    >>> samples.n_samples, samples.assign(X[:1])
    (4, array([0, 0, 0, 0], dtype=int32))
    """

    def __init__(self, blocks: Sequence[Block], in_flight: int | None = None) -> None:
        self.blocks = list(blocks)
        self.n_blocks = len(self.blocks)
        self.in_flight = in_flight or thread_count() + 1

    def map(
        self, function: Callable[..., Any], *arguments: Any, only: Sequence[int] | None = None
    ) -> list[Any]:
        """Call a function for all blocks; after an error, or Ctrl-C, no other block is begun."""
        numbers = range(self.n_blocks) if only is None else only
        with ThreadPoolExecutor(self.in_flight, "kmeans-blocks") as pool:
            try:
                futures = [
                    # The limit of threads is in the context.
                    pool.submit(context_of_part().run, function, self.blocks[i], i, *arguments)
                    for i in numbers
                ]
                for n_done, future in enumerate(as_completed(futures), 1):
                    future.result()
                    report(n_done / len(futures))
                return [future.result() for future in futures]
            finally:
                pool.shutdown(cancel_futures=True)


def join_rows(parts: list[Any]) -> Any:
    """Concatenate arrays, and free each as soon as it has been copied."""
    rows = np.empty((sum(map(len, parts)), *parts[0].shape[1:]), np.result_type(*parts))
    start = 0
    for i, part in enumerate(parts):
        rows[start : start + len(part)] = part
        start += len(part)
        parts[i] = None
    return rows
