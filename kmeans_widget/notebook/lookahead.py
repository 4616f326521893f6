"""Compute the rest of a run in advance, within a budget.

The static picture in a saved notebook is made when the panel has been displayed, and shows the
whole run. A program that executes the notebook can wait for it. In interactive use, only fast runs
are computed; the kernels that this loads are needed by the first step anyway.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from IPython import get_ipython

if TYPE_CHECKING:
    from kmeans_widget.core.trace import Trace
    from kmeans_widget.session.branch import Branch


class Budget(NamedTuple):
    """How long a run may be computed in advance.

    Parameters
    ----------
    seconds : float
        Time limit.
    max_size : int
        Maximum number of elements of X; nothing is computed for larger data.
    """

    seconds: float
    max_size: int


UNATTENDED = Budget(10.0, 2_000_000)
INTERACTIVE = Budget(2.0, 200_000)


def look_ahead(branch: Branch) -> Trace:
    """Return the trace of a branch, computed to its end or as far as the budget allows.

    The branch itself is not changed.

    Parameters
    ----------
    branch : Branch

    Returns
    -------
    Trace

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession()
    >>> look_ahead(session.branches[0]).n_iter, len(session.trace)
    (6, 0)
    """
    budget = UNATTENDED if _is_unattended() else INTERACTIVE
    if branch.trace.finished or branch.size > budget.max_size:
        return branch.trace
    latest, deadline = [branch.trace], time.monotonic() + budget.seconds

    def compute() -> None:
        for trace in branch.remaining_steps():
            latest[0] = trace
            if time.monotonic() > deadline:
                return

    thread = threading.Thread(target=compute, name="kmeans-lookahead", daemon=True)
    thread.start()
    thread.join(budget.seconds)
    return latest[0]


def _is_unattended() -> bool:
    """Whether a program executes the notebook: it sends requests with `allow_stdin=False`."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return True
    return not kernel.get_parent("shell").get("content", {}).get("allow_stdin", True)
