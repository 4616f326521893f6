"""How a run will go on, found out before anybody takes its steps.

The picture that stays in a saved notebook is made when the panel is displayed. Where a program
executes the notebook, nobody will take the steps, so it shows the whole run. A person does not wait
longer for the first picture because of that.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from IPython import get_ipython

if TYPE_CHECKING:
    from kmeans_widget.branch import Branch
    from kmeans_widget.core.trace import Trace

PATIENCE = 10.0  # seconds
MAX_SIZE = 2_000_000  # numbers in X, beyond which one pass alone may take that long


def foresee(branch: Branch) -> Trace:
    """Return the run of a branch, computed to its end unless a person waits or it takes too long.

    The branch itself stays as it is.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession()
    >>> foresee(session.branches[0]).n_iter, len(session.trace)
    (6, 0)
    """
    if branch.trace.finished or branch.points.samples.X.size > MAX_SIZE or not _alone():
        return branch.trace
    reached, deadline = [branch.trace], time.monotonic() + PATIENCE

    def compute() -> None:
        for trace in branch.ahead():
            reached[0] = trace
            if time.monotonic() > deadline:
                return

    thread = threading.Thread(target=compute, name="kmeans-foresight", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return reached[0]


def _alone() -> bool:
    """Whether no person waits: a program that executes notebooks says that it takes no input."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return True
    return not kernel.get_parent("shell").get("content", {}).get("allow_stdin", True)
