"""How a run will go on, found out before anybody takes its steps.

The picture that stays in a saved notebook is made when the panel is displayed, and shows the whole
run. Nobody shall wait for the first picture longer because of that, so it has a tenth of a second.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from IPython import get_ipython

if TYPE_CHECKING:
    from kmeans_widget.branch import Branch
    from kmeans_widget.core.trace import Trace

PATIENCE = 0.1  # seconds, while somebody waits for the first picture,
PATIENCE_ALONE = 10.0  # and while a program executes the notebook
MAX_SIZE = 2_000_000  # numbers in X, beyond which one pass alone may take that long


def foresee(branch: Branch) -> Trace:
    """Return the run of a branch, as far as it can be computed without making anybody wait.

    The branch itself stays as it is. What takes longer - a kernel that must be compiled first -
    goes on in the background, to be there the next time.

    Examples
    --------
    >>> from kmeans_widget.session import KMeansSession
    >>> session = KMeansSession()
    >>> foresee(session.branches[0]).n_iter, len(session.trace)
    (6, 0)
    """
    patience = _patience()
    if branch.trace.finished or branch.points.samples.X.size > MAX_SIZE or not patience:
        return branch.trace
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


def _patience() -> float:
    if _alone():
        return PATIENCE_ALONE
    # Loading the first kernel of a process takes half a second, numba's own tables with it. It is
    # done right after the first picture, not in the way of it.
    return PATIENCE if "numba.np.arraymath" in sys.modules else 0.0


def _alone() -> bool:
    """Whether no person waits: a program that executes notebooks says that it takes no input."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return True
    return not kernel.get_parent("shell").get("content", {}).get("allow_stdin", True)
