"""How a run will go on, found out before anybody takes its steps.

The picture that stays in a saved notebook is made when the panel is displayed, and shows the whole
run. A program that executes the notebook waits for that; a person, only as long as is hardly felt.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from IPython import get_ipython

if TYPE_CHECKING:
    from kmeans_widget.branch import Branch
    from kmeans_widget.core.trace import Trace

PATIENCE = 10.0  # seconds that a program waits
PATIENCE_OF_A_PERSON = 0.4
MAX_SIZE = 2_000_000  # numbers in X, beyond which one pass alone may take that long


def foresee(branch: Branch) -> Trace:
    """Return the run of a branch, computed to its end or as far as patience goes.

    The branch itself stays as it is.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession()
    >>> foresee(session.branches[0]).n_iter, len(session.trace)
    (6, 0)
    """
    if branch.trace.finished or branch.points.samples.X.size > MAX_SIZE:
        return branch.trace
    patience = PATIENCE if _alone() else PATIENCE_OF_A_PERSON
    reached, deadline = [branch.trace], time.monotonic() + patience

    def compute() -> None:
        for trace in branch.ahead():
            reached[0] = trace
            if time.monotonic() > deadline:
                return

    thread = threading.Thread(target=compute, name="kmeans-foresight", daemon=True)
    thread.start()
    thread.join(patience)
    return reached[0]


def _alone() -> bool:
    """Whether no person waits: a program that executes notebooks says that it takes no input."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return True
    return not kernel.get_parent("shell").get("content", {}).get("allow_stdin", True)
