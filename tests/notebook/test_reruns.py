"""A cell that is run again and again, in a kernel of its own: nothing is left behind."""

import ast

import pytest
from jupyter_client.manager import start_new_kernel

TRACED, SETTLED, N_RUNS = 2, 4, 8  # from which run memory is traced, from which it stays
GROWTH = 0.25  # MiB a run may leave: one panel is 4.4; IPython itself keeps the picture, 0.05

CELL = """
panel = kmeans_widget.KMeansWidget()
panel.step()
panel.play()
panel
"""
COUNT = """
import gc, threading, tracemalloc
import ipywidgets, matplotlib.figure
from ipywidgets.widgets.widget import _instances
import kmeans_widget

def count():
    gc.collect()
    kinds = (kmeans_widget.KMeansWidget, ipywidgets.Widget, matplotlib.figure.Figure)
    things = gc.get_objects()
    alive = {kind.__name__: sum(isinstance(thing, kind) for thing in things) for kind in kinds}
    return alive | {
        "models": len(_instances),
        "comms": len(get_ipython().kernel.comm_manager.comms),
        "players": sum(thread.name == "kmeans-player" for thread in threading.enumerate()),
        "memory": tracemalloc.get_traced_memory()[0],
    }
"""


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    manager, client = start_new_kernel(kernel_name="python3")
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(kernel, code, *, cell=None, expression="None"):
    """Run code, as a cell of the notebook or beside them; return the value of an expression."""
    wanted = {"value": expression}
    content = {"code": code, "user_expressions": wanted, "store_history": cell is not None}
    request = kernel.session.msg("execute_request", content, metadata={"cellId": cell})
    kernel.shell_channel.send(request)
    answer = kernel._recv_reply(request["header"]["msg_id"], timeout=60)["content"]
    assert answer["status"] == "ok", answer["traceback"]
    return ast.literal_eval(answer["user_expressions"]["value"]["data"]["text/plain"])


def test_runs_leave_nothing_behind(kernel):
    run(kernel, COUNT)
    counts = {}
    for number in range(1, N_RUNS + 1):
        if number == TRACED:
            # What Python and numpy hold is exact; what the process holds is up to the allocator.
            run(kernel, "tracemalloc.start()")
        run(kernel, CELL, cell="a")
        if number in {SETTLED, N_RUNS}:
            run(kernel, "panel.pause(); panel.animation.player.join(10)")
            counts[number] = run(kernel, "", expression="count()")
    settled, last = counts[SETTLED], counts[N_RUNS]
    grown = last.pop("memory") - settled.pop("memory")
    assert last == settled
    assert grown / (N_RUNS - SETTLED) < GROWTH * 2**20


def test_figures_of_the_notebook_stay_pictures_after_pyplot_was_imported_first(kernel):
    """What IPython's formatters make of a figure is what its cell shows."""
    run(kernel, "import matplotlib.pyplot as plt", cell="a")
    run(kernel, "panel = __import__('kmeans_widget').KMeansWidget()", cell="b")
    run(kernel, "figure, axes = plt.subplots(); axes.plot([1, 2])", cell="c")
    shown = "[*get_ipython().display_formatter.format(figure)[0]]"
    assert sorted(run(kernel, "", expression=shown)) == ["image/png", "text/plain"]
    canvas = run(kernel, "", expression="type(figure.canvas).__module__")
    assert canvas.startswith("matplotlib.")
