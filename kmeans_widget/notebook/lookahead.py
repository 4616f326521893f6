"""How a run will go on, found out before anybody takes its steps.

The picture that stays in a saved notebook is made when the panel is displayed, and shows the whole
run. A program that executes the notebook waits for that. A person waits where the run takes next
to no time, once the kernels are loaded, which the first step needs anyway.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from IPython import get_ipython

if TYPE_CHECKING:
    from kmeans_widget.core.trace import Trace
    from kmeans_widget.session.branch import Branch


class Patience(NamedTuple):
    """How long somebody waits, and for what.

    Parameters
    ----------
    seconds : float
    max_size : int
        Numbers in X, beyond which nobody waits at all.
    """

    seconds: float
    max_size: int


OF_A_PROGRAM = Patience(10.0, 2_000_000)
OF_A_PERSON = Patience(1.0, 200_000)


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
    patience = OF_A_PROGRAM if _alone() else OF_A_PERSON
    if branch.trace.finished or branch.points.samples.X.size > patience.max_size:
        return branch.trace
    reached, deadline = [branch.trace], time.monotonic() + patience.seconds

    def compute() -> None:
        for trace in branch.remaining_steps():
            reached[0] = trace
            if time.monotonic() > deadline:
                return

    thread = threading.Thread(target=compute, name="kmeans-foresight", daemon=True)
    thread.start()
    thread.join(patience.seconds)
    return reached[0]


def _alone() -> bool:
    """Whether no person waits: a program that executes notebooks says that it takes no input."""
    kernel = getattr(get_ipython(), "kernel", None)
    if kernel is None:
        return True
    return not kernel.get_parent("shell").get("content", {}).get("allow_stdin", True)
