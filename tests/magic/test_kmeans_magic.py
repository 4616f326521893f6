"""`%kmeans` through a real shell, without a browser."""

import random
import re

import dask.dataframe
import numpy as np
import pandas as pd
import polars as pl
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from kmeans_widget import datasets
from kmeans_widget.canvas.image_canvas import ImageCanvas
from kmeans_widget.magic import kmeans_magic
from kmeans_widget.magic.arguments import NAMES, OPTIONS
from kmeans_widget.notebook import variables
from kmeans_widget.session import KMeansSession
from kmeans_widget.widget import KMeansWidget

pytestmark = pytest.mark.usefixtures("no_picture")


IRIS = datasets.iris().X


def holed():
    """A DataFrame with missing values in two rows."""
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(80, 3)), columns=["a", "b", "c"])
    frame.iloc[7, 1] = frame.iloc[20, 0] = np.nan
    return frame.assign(w=np.arange(80) % 3 + 0.5).set_index(np.arange(80) * 10)


@pytest.fixture(scope="module")
def shell_of_module():
    return InteractiveShell()


@pytest.fixture
def shell(shell_of_module):
    shell_of_module.extension_manager.load_extension("kmeans_widget")
    shell_of_module.user_ns.update(
        X=np.array(datasets.walkthrough().X),
        frame=IRIS.copy(),
        holed=holed(),
        nobody=None,
        seven=7,
        pd=pd,
        np=np,
        datasets=datasets,
    )
    yield shell_of_module
    shell_of_module.extension_manager.unload_extension("kmeans_widget")
    shell_of_module.user_ns.clear()
    shell_of_module.init_user_ns()


@pytest.fixture(scope="module")
def labels_before(shell_of_module):
    """Labels that a line has put into `y` earlier, so that another line may replace them."""
    shell_of_module.extension_manager.load_extension("kmeans_widget")
    shell_of_module.run_line_magic("kmeans", "--labels y").close()
    return shell_of_module.user_ns.pop("y")


@pytest.fixture
def kmeans(shell):
    opened = []

    def run(line=""):
        widget = shell.run_line_magic("kmeans", line)
        opened.append(widget)
        return widget

    yield run
    for widget in opened:
        widget.close()


@pytest.fixture
def cell(shell):
    """Run a cell, as the notebook does; give the panel that is in `p` after it."""
    opened = {}

    def run(source):
        outcome = shell.run_cell(source)
        panels = [outcome.result, *shell.user_ns.values()]
        opened.update({id(panel): panel for panel in panels if isinstance(panel, KMeansWidget)})
        outcome.raise_error()
        return shell.user_ns.get("p")

    yield run
    for panel in opened.values():
        panel.close()


def test_alone_it_opens_the_walkthrough(kmeans):
    panel = kmeans()
    assert isinstance(panel, KMeansWidget)
    assert panel.n_clusters == 2
    assert len(panel.labels) == 30
    assert panel.cursor == 0


def test_it_takes_any_expression(kmeans):
    panel = kmeans('frame[["petal length (cm)", "petal width (cm)"]] -k 3')
    assert panel.feature_names == ("petal length (cm)", "petal width (cm)")
    assert panel.n_clusters == 3
    assert kmeans("X - 100").cluster_centers.max() < 0
    assert len(kmeans("-k 4 X").labels) == 30
    assert kmeans("X -k3;").n_clusters == 3


def test_every_option_arrives(kmeans):
    line = "-k 4 --init k-means++ --seed 7 --max-iter 9 --tol 0.001 --canvas png --saved cursor"
    panel = kmeans(f"X {line}")
    assert (panel.n_clusters, panel.init, panel.random_state) == (4, "k-means++", 7)
    assert (panel.max_iter, panel.tol) == (9, 1e-3)
    assert isinstance(panel.canvas, ImageCanvas)
    assert panel.magic_line == f"%kmeans X {line}"


def test_weights_are_a_column_or_an_expression(kmeans, shell):
    shell.user_ns["w"] = np.arange(30.0)
    assert kmeans("X -k 2 --weights w").sample_weight[-1] == 29.0
    assert kmeans("X -k 2 --weights (w + 1)").sample_weight[0] == 1.0
    assert kmeans("--weights w").sample_weight[3] == 3.0
    panel = kmeans('frame --weights "petal width (cm)" -k 3')
    assert panel.feature_names == tuple(shell.user_ns["frame"].columns[:3])
    assert panel.sample_weight[0] == shell.user_ns["frame"].iloc[0, 3]
    assert kmeans("X -k 2").sample_weight is None


def test_the_scale_arrives(kmeans):
    panel = kmeans("X -k 2 --scale robust")
    assert panel.scale == panel.panel.scale.value == "robust"


def test_the_start_may_be_a_variable(kmeans, shell):
    shell.user_ns["start"] = [[0.0, 0.0], [9.0, 9.0]]
    assert np.array_equal(kmeans("X --init start").cluster_centers, shell.user_ns["start"])
    assert kmeans("X --init [[1,1],[2,2]]").n_clusters == 2
    assert kmeans("X --init X[-3:]").n_clusters == 3


def test_a_module_named_like_a_start_method_is_not_in_its_way(kmeans, shell):
    shell.user_ns["random"] = random
    assert kmeans("X -k 2").init == "random"


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ('frame --columns "petal length (cm)" "sepal width (cm)"',
         ("petal length (cm)", "sepal width (cm)")),
        ("pd.DataFrame(X) --columns 1", ("1",)),
    ],
)  # fmt: skip
def test_columns_are_chosen_by_name(kmeans, columns, names):
    assert kmeans(f"{columns} -k 2").feature_names == names


def test_axes_are_two_columns_in_use_or_others_with_numbers(kmeans):
    assert kmeans('frame --axes "petal length (cm)" "sepal width (cm)" -k 2').axes == (
        "petal length (cm)", "sepal width (cm)"
    )  # fmt: skip
    assert kmeans("holed.to_numpy() --axes 2 0").axes == ("feature 2", "feature 0")
    with pytest.raises(UsageError, match=r"^axes must be two columns, such as 'a' and 'b', got"):
        kmeans("holed --columns a b --axes a")
    with pytest.raises(UsageError, match=r"^axes: No column is called 'v'"):
        kmeans("holed --columns a b --axes a v")
    assert kmeans("holed --columns a b --axes a w").axes == ("a", "w")
    panel = kmeans("holed --weights w --axes w a")
    assert kmeans(panel.magic_line.removeprefix("%kmeans")).axes == ("w", "a")


def test_the_panels_line_quotes_the_axes(kmeans, shell):
    names = ["it's", 'say "hi"', "both ' and \"", "z"]
    shell.user_ns["odd"] = pd.DataFrame(np.random.default_rng(0).random((90, 4)), columns=names)
    panel = kmeans("odd -k 2")
    panel.axes = names[:2]
    line = panel.magic_line
    assert kmeans(line.removeprefix("%kmeans")).axes == ("it's", 'say "hi"')
    panel.axes = names[2:]
    assert "--axes" not in panel.magic_line  # such a name cannot be written on a line


def test_columns_of_an_array_are_chosen_by_position(kmeans):
    assert kmeans("X --columns 1").feature_names == ("feature 1",)


def test_run_opens_it_at_the_end(kmeans):
    panel = kmeans("X -k 2 --run")
    assert panel.converged


def test_play_opens_it_playing(kmeans):
    panel = kmeans("--play")
    assert panel.playing
    panel.pause()


def test_it_opens_at_a_half_step(kmeans):
    assert kmeans("X -k 2 --cursor 3").cursor == 3
    assert kmeans("X -k 2 --cursor 0").cursor == 0
    assert kmeans("X -k 2 --cursor 999").converged
    assert kmeans("X -k 3 --cursor -2").narration.startswith("Start, pick 2 of 3")


def same_panel(one, other):
    """Whether two panels show the same."""
    assert np.array_equal(one.X, other.X)
    assert one.cursor == other.cursor
    assert np.array_equal(one.point_labels, other.point_labels)
    assert np.array_equal(one.cluster_centers, other.cluster_centers)
    for name in ("n_clusters", "random_state", "scale", "max_iter", "tol"):
        assert getattr(one, name) == getattr(other, name)
    weights = (one.sample_weight, other.sample_weight)
    assert np.array_equal(*weights) or weights == (None, None)
    return True


LINES = [
    "",
    "-k 4 --seed 3 --init k-means++ --run",
    "frame -k 3 --cursor 5 --max-iter 7 --tol 0.001",
    'frame --columns "petal length (cm)" "sepal width (cm)" -k 2',
    "X --columns 1 --init [[1],[9]] --canvas png",
    "--columns y -k 3 --cursor 2",
    "X -k 3 --init k-means++ --cursor -2",
    "datasets.iris()",
    "datasets.blobs() --columns 1 --run",
    "pd.DataFrame(X) --columns 1 --cursor 3",
    "X[5:] * 2 -k 3 --cursor 4",
    "X -k 3 --scale robust --weights (X[:, 0] + 1) --run",
    "--scale standard --weights [3]*15+[1.5]*15 --cursor 5",
    'frame --weights "petal width (cm)" --scale minmax -k 3 --cursor 4',
    'frame --columns "petal length (cm)" --weights frame["petal width (cm)"] -k 2 --run',
    'datasets.iris() --weights "sepal width (cm)" -k 3 --cursor 2',
    "pd.DataFrame(X) --weights 1 --run",
    "X -k 3 --weights (-X[:,0]+99)",
    "holed -k 3 --cursor 4",
    "holed --columns b --weights w -k 2 --run",
    "holed.to_numpy() --columns 2 0 -k 2 --scale standard --cursor 3",
    "holed.to_numpy().tolist() -k 3 --weights holed.w --run",
    'frame --axes "petal width (cm)" "sepal length (cm)" -k 3 --cursor 4',
    "holed.to_numpy() --axes 2 0 -k 2",
]
EDITED = [  # no, one, and several columns by name or place; scaled, weighted, with gaps
    "",
    "frame -k 3 --cursor 5 --max-iter 7 --tol 0.001",
    "X --columns 1 --init [[1],[9]] --canvas png",
    "X -k 3 --scale robust --weights (X[:, 0] + 1) --run",
    'datasets.iris() --weights "sepal width (cm)" -k 3 --cursor 2',
    "holed -k 3 --cursor 4",
    "holed --columns b --weights w -k 2 --run",
    "holed.to_numpy() --columns 2 0 -k 2 --scale standard --cursor 3",
    'frame --axes "petal width (cm)" "sepal length (cm)" -k 3',
    "holed.to_numpy() --axes 2 0 -k 2",
]


@pytest.mark.parametrize(
    ("line", "edited"), [*((line, False) for line in LINES), *((line, True) for line in EDITED)]
)
def test_the_panels_line_opens_the_same_panel(kmeans, line, edited):
    panel = kmeans(line)
    if edited:
        panel.cursor = 3
        panel.remove_point(4)
        panel.move_point(6, panel.X[0] + 0.25)
        panel.move_point(2, panel.X[1] / 3)
        panel.add_point(panel.X[3] + 1)
        panel.cursor = 2
        panel.move_center(0, panel.X[0] / 7)
        panel.cursor = 1
    assert panel.magic_line.startswith("%kmeans")
    assert "\n" not in panel.magic_line
    again = kmeans(panel.magic_line.removeprefix("%kmeans"))
    assert same_panel(again, panel)
    backdrops = (opened.animation.scene.backdrop for opened in (again, panel))
    assert len({backdrop.projection.columns for backdrop in backdrops}) == 1
    if not edited:
        assert again.magic_line == panel.magic_line
        assert again.feature_names == panel.feature_names


@pytest.mark.parametrize(
    ("features", "column"), [(["it's", '-"x"'], "w"), (["z"], "it's"), (["z"], "w")]
)
def test_weights_in_a_column_that_cannot_be_quoted_are_an_expression(
    kmeans, shell, features, column
):
    odd = pd.DataFrame(np.random.default_rng(0).random((90, 4)), columns=["it's", '-"x"', "z", "w"])
    shell.user_ns["odd"] = odd
    session = KMeansSession(odd, 2, columns=features, sample_weight=column)
    session.source = "odd"
    assert same_panel(kmeans(session.magic_line.removeprefix("%kmeans")), session)


def test_column_names_that_cannot_be_quoted_are_an_expression(kmeans, shell):
    shell.user_ns["odd"] = pd.DataFrame(
        np.random.default_rng(0).normal(size=(90, 3)), columns=["it's", '-"x"', "z"]
    )
    session = KMeansSession(shell.user_ns["odd"], 2, columns=["it's", '-"x"'])
    session.source = "odd"
    assert same_panel(kmeans(session.magic_line.removeprefix("%kmeans")), session)


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("frame -k 3 --run", "np.array(frame, dtype=float)"),
        ('frame --columns "petal length (cm)" --cursor 4', "frame[['petal length (cm)']]"),
        ("datasets.iris() --run", "np.array((datasets.iris()).X, dtype=float)"),
        ("X[5:] -k 2 --cursor 5", "np.array(X[5:], dtype=float)"),
        ("X --columns 1 -k 2 --cursor 2", "np.array(X)[:, [1]].astype(float)"),
        ("--run", "[0.3, 6.2]"),
    ],
)  # fmt: skip
def test_the_code_of_a_panel_names_the_data_of_the_line(kmeans, shell, line, source):
    panel = kmeans(line)
    assert source in panel.code
    variables = dict(shell.user_ns)
    exec(panel.code, variables)
    assert np.array_equal(variables["labels"], panel.labels)


def test_labels_have_every_row_of_data_with_gaps(kmeans, shell):
    panel = kmeans("holed --columns a b -k 3 --labels y --run")
    labels = shell.user_ns["y"]
    assert labels.index.equals(shell.user_ns["holed"].index)
    assert np.flatnonzero(labels == -1).tolist() == panel.left_out.tolist() == [7, 20]
    assert np.array_equal(labels, panel.labels)


def test_a_panel_and_labels_given_before_are_replaced(kmeans, shell):
    shell.user_ns["p"] = None
    kmeans("X -k 3 -o p --labels y")
    first = shell.user_ns["y"]
    panel = kmeans("X -k 4 -o p --labels y")
    assert shell.user_ns["p"] is panel
    assert first.max() == 2
    assert shell.user_ns["y"].max() == 3
    shell.user_ns["y"] = first.copy()  # the user's own from here on
    with pytest.raises(UsageError, match="--labels: y already has a value"):
        kmeans("X --labels y")


COLUMN = ['frame["cluster"]', "frame['cluster']", "'frame[\"cluster\"]'", "\"frame['cluster']\""]


def test_labels_become_a_column_and_no_feature_of_the_next_run(kmeans, shell):
    frame, features = shell.user_ns["frame"], tuple(shell.user_ns["frame"].columns)
    first = None
    for target in COLUMN:
        panel = kmeans(f"frame -k 3 --labels {target} --run")
        assert panel.feature_names == features
        assert frame["cluster"].tolist() == panel.labels.tolist()
        first = panel.labels if first is None else first
        assert np.array_equal(panel.labels, first)
    assert panel.panel.left_out.value == "<span>Left out: cluster (labels).</span>"
    assert same_panel(kmeans(panel.magic_line.removeprefix("%kmeans")), panel)
    assert kmeans(f"frame -k 4 --labels {target}").feature_names == features
    assert set(frame["cluster"]) == {0, 1, 2, 3}
    assert kmeans("frame --columns cluster -k 3").feature_names == ("cluster",)


def test_labels_become_a_column_of_polars_and_no_feature_of_the_next_run(kmeans, shell):
    shell.user_ns["df"] = pl.DataFrame(np.array(shell.user_ns["X"]), schema=["a", "b"])
    for _ in range(2):
        panel = kmeans('df -k 3 --labels df["the cluster"] --run')
        assert panel.feature_names == ("a", "b")
        assert shell.user_ns["df"].columns == ["a", "b", "the cluster"]
        assert shell.user_ns["df"]["the cluster"].to_list() == list(panel.labels)


def test_a_column_of_labels_that_was_changed_is_not_replaced(kmeans, shell):
    frame = shell.user_ns["frame"]
    kmeans('frame -k 3 --labels frame["cluster"]')
    frame["cluster"] += 1
    with pytest.raises(UsageError, match=r"first: del frame\[\"cluster\"\]\.$"):
        kmeans('frame -k 3 --labels frame["cluster"]')
    assert frame["cluster"].min() == 1
    del frame["cluster"]
    kmeans('frame -k 3 --labels frame["cluster"]')
    assert frame["cluster"].min() == 0


@pytest.mark.parametrize("line", ["-h", "X -k 3 --help", "?"])
def test_help_is_the_manual(shell, capsys, line):
    assert shell.run_line_magic("kmeans", line) is None
    assert "one half-step at a time" in capsys.readouterr().out


def test_output_and_labels_become_variables(kmeans, shell):
    panel = kmeans("frame -k 3 -o panel --labels y")
    assert shell.user_ns["panel"] is panel
    assert isinstance(shell.user_ns["y"], pd.Series)
    assert shell.user_ns["y"].index.equals(shell.user_ns["frame"].index)
    panel.run()
    assert np.array_equal(shell.user_ns["y"], panel.labels)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nothing", "nothing"),
        ("fram", "did you mean 'frame'"),
        ("X[", "The [ in 'X[ --labels y' is never closed. Add the missing ]."),
        ('frame --columns "petal', 'The " in'),
        ("frame --columns it's", 'put a name that contains it between two ".'),
        ("X; -k 3", "cannot evaluate 'X;'"),
        ("{X}", "cannot read '{X}'; did you mean X?"),
        ("$X", "cannot read '$X'; did you mean X?"),
        ('{frame}["a"]', """did you mean frame["a"]?"""),
        ('X[("a"] -k 2', "The ( in"),
        ("X --run=3", "--run takes no value"),
        ("$nothing", "cannot evaluate '$nothing'"),
        ("X -k {nothing}", "-k: '{nothing}' is not a whole number"),
        ("X -k 2 -k 3", "-k is given twice"),
        ("X -k 2 --n-clusters=3", "-k is given twice"),
        ("X[0]", "2D"),
        ("X --sede 3", "did you mean '--seed'"),
        ("X --colour red", "no option '--colour'"),
        ("X -k three", "-k: 'three' is not a whole number"),
        ("X -k 2.5", "-k: '2.5' is not a whole number"),
        ("X --seed x", "--seed: 'x' is not a whole number"),
        ("X --tol x", "--tol: 'x' is not a number"),
        ("X -K 3", "did you mean -k 3?"),
        ("X -K3", "did you mean -k 3?"),
        ("X --k 3", "did you mean '-k'?"),
        ("X k=3", "did you mean -k 3?"),
        ("X 3", "did you mean -k 3?"),
        ("frame[['a b', 'c']] n_clusters = 3", "did you mean -k 3?"),
        ("X -seed 3", "did you mean --seed 3?"),
        ("X max_iter=3", "did you mean --max-iter 3?"),
        ("nobody", "nobody is None, so there is nothing to cluster"),
        ("[[1, 2]].sort()", "is None, so there is nothing to cluster"),
        ("X -o X", "-o: X is the data itself"),
        ("X[5:] -o X", "-o: X already has a value"),
        ("X -o seven", "-o: seven already has a value"),
        ("frame --labels frame", "--labels: frame is the data itself"),
        ("frame -k 2 --labels X", "--labels: X already has a value, which would be lost"),
        ("X --labels np", "del np"),
        ('frame --labels frame["petal width (cm)"]', 'del frame["petal width (cm)"]'),
        ('X --labels X["cluster"]', "--labels: X is of type ndarray, but only a DataFrame"),
        ('X --labels fram["cluster"]', "--labels: There is no DataFrame 'fram'; did you mean"),
        ("frame --labels frame.cluster", 'did you mean frame["cluster"]?'),
        ("frame --labels frame[cluster]", 'did you mean frame["cluster"]?'),
        ('frame --labels frame["k{nothing}"]', "NameError: name 'nothing' is not defined"),
        ('frame --labels frame["$nothing"]', "NameError: name 'nothing' is not defined"),
        ("X --labels list", "--labels: list is a Python builtin"),
        ("X -o sum", "-o: sum is a Python builtin"),
        ("X -o p{nothing}", "-o: p{nothing} cannot be expanded: NameError"),
        ("np", "np is a module, not data"),
        ("np --weights w", "np is a module, not data"),
        ("pd.DataFrame", "pd.DataFrame is a class, not data"),
        ("len", "len is a function, not data. Give"),
        ("datasets.iris", "did you mean datasets.iris()?"),
        ("frame.copy", "did you mean frame.copy()?"),
        ("X, -k 2", "The comma at the end of 'X,' makes it a tuple"),
        ("X -k 2 --weights X[:,0],", "The comma at the end of 'X[:,0],' makes it a tuple"),
        ("X -k 2 --init X[:2],", "The comma at the end of 'X[:2],' makes it a tuple"),
        ("X, 3", "did you mean X?"),
        ("(frame, [0] * 150)", "did you mean frame?"),
        ("X[:, 0] --weights w", "Expected 2D array, got 1D array"),
        ("frame --labels frame[0]", "--labels: Labels cannot be assigned to 'frame[0]'"),
        ('X -k 2 --labels frame["cluster"]', "The 150 rows of frame are not the 30 of"),
        ('X -k 2 -o new --labels new["cluster"]', "There is no DataFrame 'new'"),
        ("X -k 0", "at least 1, not 0"),
        ("X -k 31", "31 clusters need at least 31 points, but there are 30"),
        ("X --init randon", "random"),
        ("X -o p --labels p", "-o and --labels both name p"),
        ("X --init kmeans++", "did you mean 'k-means++'"),
        ("[[1e200, 0], [0, 1e200], [3, 4]] -k 2", "too large for squared distances"),
        ("[[10**400, 1], [1, 2]] -k 1", "too large for dtype"),
        ("X --init [[1,2],[3]]", "init"),
        ("X -k 3 foo bar", "'foo bar' after the options"),
        ("X --run --play", "--run and --play"),
        ("X --run --cursor 3", "--run and --cursor"),
        ("X --init [[1,2],[3,4]] --cursor -3", "--cursor: cursor=-3, but the centroids of this"),
        ("X -o 2nd", "2nd"),
        ("X --labels class", "class"),
        ("X --max-iter 0", "max_iter"),
        ("X --tol -1", "tol"),
        ("X --seed -1", "The seed must be"),
        ("X --scale standrd", "did you mean 'standard'"),
        ("X --weights nothing", "cannot evaluate 'nothing'"),
        ('frame --weights "petal width"', "cannot evaluate 'petal width'"),
        ("frame --weights peta", "cannot evaluate 'peta': NameError"),
        ("X --weights X", "Use np.ravel"),
        ("X --weights X[:5,0]", "Give one weight for each row"),
        ("X --weights 2", "one number for each row"),
        ("X --weights (-X[:,0])", "Negative values"),
        ("X --weights X[:,0] * 2", "expression that contains spaces needs brackets"),
        ("X --canvas pgn", "Unknown canvas 'pgn'; did you mean 'png'?"),
        ("X --saved rum", "Unknown value of saved 'rum'; did you mean 'run'?"),
        ("X --columns 7", "7"),
        ("frame --columns petal", "petal"),
        (
            'pd.DataFrame({"a": [["x"]], "b": [1], "c d": [2]}) -k 1 --columns a b "c d"',
            'number: --columns b "c d".',
        ),
        ("X * np.nan -k 2", "no row is left"),
        ("X * np.inf -k 2", "infinity"),
        ("[] -k 1", ""),
        ("[[1, 1], [1, 1], [1, 1]] -k 2", "distinct"),
    ],
)
def test_wrong_use_is_one_line_and_changes_no_variable(shell, labels_before, line, message):
    shell.user_ns["y"] = before = labels_before
    names = set(shell.user_ns) - {"__builtins__"}
    with pytest.raises(UsageError) as refusal:
        shell.run_line_magic("kmeans", line if "--labels" in line else f"{line} --labels y")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert shell.user_ns["y"] is before
    assert set(shell.user_ns) - {"__builtins__"} == names


VALUE_MISSING = [name for name, option in OPTIONS.items() if not option.is_flag]


@pytest.mark.parametrize("option", VALUE_MISSING)
def test_a_missing_value_is_named_with_an_example_that_works(shell, option):
    for line in ("X {}", "X {};", "X {}=", "{} --run X", "X {}  # nothing"):
        with pytest.raises(UsageError, match=f"^{option}: .* is missing, such as ") as refusal:
            shell.run_line_magic("kmeans", line.format(option))
    example = str(refusal.value).rpartition("such as ")[2].removesuffix(".")
    shell.user_ns["people"] = pd.DataFrame(shell.user_ns["X"], columns=["height", "weight"])
    shell.user_ns["people"]["count"] = 1.0
    shell.run_line_magic("kmeans", f"people {example}").close()


@pytest.mark.parametrize(
    ("kind", "options", "line"),
    [
        ("polars", "--weights a --columns b", "lazy --columns b -k 2 --seed 0 --weights a"),
        ("dask", "--weights a", "lazy -k 2 --seed 0 --weights a"),
        ("dask", '--weights lazy["a"]', "lazy -k 2 --seed 0 --weights (your_weights)"),
        ("file", "", "{file!r} -k 2 --seed 0"),
    ],
)
def test_data_in_blocks_are_opened_and_the_line_opens_them_again(
    shell, tmp_path, monkeypatch, kind, options, line
):
    monkeypatch.setattr(variables, "get_ipython", lambda: shell)
    frame = pd.DataFrame(np.random.default_rng(0).random((90, 3)), columns=["a", "b", "c"])
    file = str(tmp_path / "data.parquet")
    frame.to_parquet(file)
    shell.user_ns["lazy"] = {
        "polars": lambda: pl.scan_parquet(file),
        "dask": lambda: dask.dataframe.from_pandas(frame, 2),
        "file": lambda: file,
    }[kind]()
    data = repr(file) if kind == "file" else "lazy"
    panel = shell.run_line_magic("kmeans", f"{data} -k 2 {options}")
    assert panel.magic_line == f"%kmeans {line.format(file=file)}"
    panel.run()
    assert panel.current_branch.run_samples.n_samples == 90
    panel.close()


@pytest.mark.parametrize(
    ("typed", "column"),
    [
        ("frame['k{k}']", "k4"),
        ('frame["k{k}"]', "k4"),
        ("\"frame['k{k}']\"", "k4"),
        ("frame['k$k']", "k4"),
        ('frame["{k + 1}"]', "5"),
        ("frame[{odd_name!r}]", "it's a \"b\\n"),
        ('frame["{odd_name}"]', "it's a \"b\\n"),
        ('{name}["k{k}"]', "k4"),
        ("$target", "a b"),
        ('frame["{{k}}"]', "{k}"),
    ],
)
def test_values_go_into_the_name_of_a_column_of_labels(kmeans, shell, typed, column):
    frame = shell.user_ns["frame"]
    shell.user_ns.update(k=4, odd_name="it's a \"b\\n", name="frame", target='frame["a b"]')
    before = list(frame.columns)
    for _ in range(2):
        panel = kmeans(f"frame -k {{k}} --labels {typed}")
        assert list(frame.columns) == [*before, column]
        assert frame[column].tolist() == panel.final_labels().tolist()


def test_each_panel_and_its_labels_in_a_loop_have_a_name(cell, shell):
    cell("for k in (2, 3):\n    %kmeans frame -k {k} --labels y{k} -o p{k} --run")
    for k in (2, 3):
        panel = shell.user_ns[f"p{k}"]
        assert panel.n_clusters == k
        assert shell.user_ns[f"y{k}"].tolist() == panel.labels.tolist()


@pytest.mark.parametrize(
    "data", ["--weights w {name}", "--labels y -o p {name}", "--init=random $name"]
)
def test_values_go_into_data_after_an_option_that_is_taken_as_typed(kmeans, shell, data):
    shell.user_ns.update(name="X", w=np.ones(30))
    assert np.array_equal(kmeans(data).X, shell.user_ns["X"])
    assert kmeans("X --weights w {'-k 2'}").n_clusters == 2


@pytest.mark.parametrize(
    ("typed", "column"),
    [
        ("frame[col]", "group"),
        ("frame[names[0]]", "first"),
        ("frame[settings['name']]", "it's"),
        ("frame[f'k{k}']", "k4"),
        ("frame['k' + str(k)]", "k4"),
    ],
)
def test_an_expression_for_a_column_of_labels_is_refused_with_what_works(
    kmeans, shell, typed, column
):
    shell.user_ns.update(col="group", names=["first"], settings={"name": "it's"}, k=4)
    before = list(shell.user_ns["frame"].columns)
    with pytest.raises(UsageError, match="The column name needs quotes: ") as refusal:
        kmeans(f"frame --labels {typed}")
    assert list(shell.user_ns["frame"].columns) == before
    advice = re.search("needs quotes: (.*) for the value of", str(refusal.value))[1]
    kmeans(f"frame --labels {advice}")
    assert list(shell.user_ns["frame"].columns) == [*before, column]


def test_the_manual_names_every_option(shell):
    manual = shell.inspector.info(shell.find_line_magic("kmeans"))["docstring"]
    for option in NAMES:
        assert option in manual
    assert "%kmeans df" in manual


ODD = ["x0", "x1", "t", "x_{1}", "$y", "größe", "-x", "--run", "a b", "a;b", "it's", "a#b"]


@pytest.fixture
def odd(shell):
    """A notebook whose variables IPython would put into `{t}`, `{i}` and the like."""
    frame = pd.DataFrame(np.random.default_rng(0).random((30, len(ODD))), columns=ODD)
    rows = [[1, 2], [3, 4], [5, 7]]
    shell.user_ns.update(odd=frame, t="oops", i=1, y=None, name="odd", two=["x0", "t"], rows=rows)
    shell.user_ns.update(k=4, s=9, options="-k 4 --seed 9", method="k-means++")
    return frame


@pytest.mark.parametrize(
    ("line", "columns"),
    [
        ('odd.drop(columns={*odd} - {"x0", "t"})', ["x0", "t"]),
        ('odd[[f"x{i}" for i in [0]]] -k 2', ["x0"]),
        ("-k 2 odd[[f'x{i}' for i in [0]]]", ["x0"]),
        ("odd[['it\\'s', \"a b\"]]", ["it's", "a b"]),
        ("odd[['x0',\xa0't']]\xa0-k\t3", ["x0", "t"]),
        ("odd[['x0']] -k \\\n  3 \\\n  --seed 2", ["x0"]),
        ('odd --columns "x_{1}" "$y" größe', ["x_{1}", "$y", "größe"]),
        ("odd --columns x_{1} $y", ["x_{1}", "$y"]),
        ('odd --columns "-x" "--run" "a b"', ["-x", "--run", "a b"]),
        ('odd --columns="a b" -k 2', ["a b"]),
        ('odd --columns "it\'s" a#b x0  # "a b', ["it's", "a#b", "x0"]),
        ('odd --columns x0 "a;b";', ["x0", "a;b"]),
        ("odd --columns x{i}", ["x1"]),
        ('odd --columns {" ".join(two)} x1', ["x0", "t", "x1"]),
        ("{name} --columns t", ["t"]),
        ("$name --columns t", ["t"]),
        ("{name}[['x0', 't']].dropna()", ["x0", "t"]),
        ("od{'d'}", ODD),
        ("$name $options --columns t", ["t"]),
        ("odd[['t']]# no space before it, it's Python", ["t"]),
    ],
)
def test_data_and_columns_are_taken_as_typed(cell, odd, line, columns):
    panel = cell(f"p = %kmeans {line}")
    assert np.array_equal(panel.X, odd[columns])
    assert panel.feature_names == tuple(columns)


@pytest.mark.parametrize(
    "line",
    [
        "-k {k} --seed {s}",
        "-k $k --seed $s",
        "-k{k} --seed={s}",
        "--n-clusters=$k --seed {3 * 3}",
        "{options}",
        "$options",
        "--seed {s} {options[:4]}",
        "-k {len([t for t in range(k)])} --seed 9",
    ],
)
@pytest.mark.usefixtures("odd")
def test_values_of_variables_go_into_the_other_options(cell, line):
    panel = cell(f"p = %kmeans odd {line}")
    assert (panel.n_clusters, panel.random_state, panel.source) == (4, 9, "odd")


@pytest.mark.parametrize(
    ("init", "start"),
    [
        ("[[1,2],[3,4]]", [[1, 2], [3, 4]]),
        ('"[[1, 2], [3, 4]]"', [[1, 2], [3, 4]]),
        ("[[{2:i}[2],2],[3,4]]", [[1, 2], [3, 4]]),
        ("rows[:{i:2}[1]]", [[1, 2], [3, 4]]),
        ("{rows[:2]}", [[1, 2], [3, 4]]),
        ("r{'ows'}", [[1, 2], [3, 4], [5, 7]]),
    ],
)
@pytest.mark.usefixtures("odd")
def test_the_start_is_taken_as_typed(cell, init, start):
    assert cell(f"p = %kmeans rows --init {init}").cluster_centers.tolist() == start
    assert cell("p = %kmeans rows -k 2 --init {method}").init == "k-means++"


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ('"a b"', "odd['a b']"),
        ('"x_{1}"', "odd['x_{1}']"),
        ("x{i}", "odd.x1"),
        ("{name}.x1", "odd.x1"),
        ("odd['x0']*{t:2}[t]", "odd.x0 * 2"),
        ("[{i: j}[1] + 1 for j in range(30)]", "range(1, 31)"),
    ],
)
@pytest.mark.usefixtures("odd")
def test_weights_are_taken_as_typed(cell, shell, weights, expected):
    panel = cell(f"p = %kmeans odd -k 2 --weights {weights}")
    assert panel.sample_weight.tolist() == list(shell.ev(expected))


@pytest.mark.parametrize("columns", [["x_{1}", "$y"], ["-x", "it's"], ["a;b", "a#b", "größe"]])
def test_the_line_of_a_panel_is_a_cell(cell, odd, columns):
    panel = KMeansWidget(odd, 2, columns=columns, sample_weight="x_{1}")
    panel.source = "odd"
    assert same_panel(cell("p = " + panel.magic_line), panel)
    panel.close()


INSIDE = [
    """
def look(data):
    p = %kmeans data -k 2
    return p
p = look(ten)
""",
    """
def look(data, k):
    %kmeans data -k {k} -o p
look(ten, 2)
""",
    """
def look(a, b):
    %kmeans [a[j] for j in range(len(a))] --init b[:2] -o p
look(ten, ten)
""",
    """
def look(data):
    def inner():
        %kmeans data -k 2 -o p
    return inner
look(ten)()
""",
    """
def look(data):
    return [get_ipython().run_line_magic("kmeans", "data -k {j}") for j in [2]]
p = look(ten)[0]
""",
    """
def look(data):
    run = get_ipython().run_line_magic
    return run("kmeans", "data -k 2;")
p = look(ten)
""",
    """
def look(data):
    %time %kmeans data -k 2 -o p
look(ten)
""",
    """
async def look(data):
    p = %kmeans data -k 2
    return p
p = await look(ten)
""",
    """
class Look:
    own = ten
    p = %kmeans own -k 2
p = Look.p
""",
    """
p = [get_ipython().run_line_magic("kmeans", "each -k 2") for each in [ten]][0]
""",
]


@pytest.mark.parametrize("source", INSIDE)
def test_a_functions_own_variables_come_first(cell, shell, source):
    ten = np.random.default_rng(0).random((10, 2))
    shell.user_ns.update(data=shell.user_ns["X"], ten=ten)
    panel = cell(source)
    assert np.array_equal(panel.X, ten)
    assert panel.n_clusters == 2
    assert panel.source is None
    assert "data" not in panel.code.replace("your_data", "")


def test_weights_of_a_function_have_no_name_in_the_notebook(cell, shell):
    shell.user_ns["weights"] = np.ones(30)
    panel = cell("""
def look(weights):
    %kmeans X -k 2 --weights (weights * 2) -o p
look(np.arange(30))
""")
    assert panel.sample_weight.tolist() == list(range(0, 60, 2))
    assert (panel.source, panel.weight_source) == ("X", None)


def test_a_function_puts_results_into_the_notebook(cell, shell):
    cell("def look(a):\n    %kmeans a -k 2 -o p --labels y\nlook(X)")
    assert np.array_equal(shell.user_ns["y"], shell.user_ns["p"].final_labels())
    with pytest.raises(UsageError, match="--labels: y is a local variable of this function"):
        cell("def look(a):\n    y = 3\n    %kmeans a -k 2 --labels y\n    return y\nlook(X)")


LOOK = """
def look({name}):
    %kmeans {name} -k 2 --labels {name}["c"] -o p --run
    return {name}
given = look(frame.iloc[::-1])
"""


@pytest.mark.parametrize("name", ["frame", "of_function_only"])
def test_a_functions_own_frame_takes_the_labels(cell, shell, name):
    for _ in range(2):
        panel = cell(LOOK.format(name=name))
        given = shell.user_ns["given"]
        assert given["c"].tolist() == panel.labels.tolist()
        assert given.index[0] == 149
        assert "c" not in shell.user_ns["frame"].columns
    with pytest.raises(UsageError, match=f"{name} already has a column 'c'"):
        cell(LOOK.format(name=name) + "given['c'] += 1\nlook(given)")


def test_a_function_puts_labels_into_a_frame_of_the_notebook(cell, shell):
    panel = cell(
        'def look(data):\n    %kmeans data -k 2 --labels frame["c"] -o p --run\nlook(frame.copy())'
    )
    assert shell.user_ns["frame"]["c"].tolist() == panel.labels.tolist()


def test_a_functions_own_frame_of_polars_cannot_take_the_labels(cell, shell):
    shell.user_ns["frame"] = pl.DataFrame(shell.user_ns["X"], schema=["a", "b"])
    with pytest.raises(UsageError, match="--labels: frame is a local variable and a"):
        cell(LOOK.format(name="frame").replace(".iloc", ""))
    assert shell.user_ns["frame"].columns == ["a", "b"]
    assert "p" not in shell.user_ns


def test_an_expression_may_set_a_variable(cell, shell):
    cell("p = %kmeans (half := X[:15]) -k 2")
    assert len(shell.user_ns["half"]) == 15


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("%kmeans X -k 2", True),
        ("%kmeans X -k 2;", False),
        ("%kmeans X -k 2 ;  # in silence", False),
        ("%kmeans;", False),
        ("%kmeans\tX -k 2;", False),
        ("%kmeans    # one cell: the walkthrough", True),
        ("%kmeans X -k 2  # not in silence;", True),
        ("p = %kmeans X -k 2;", False),
        ("p = %kmeans X -k 2;\np", True),
        ("%kmeans X -k 2;\n%kmeans X -k 2", True),
        ("if True:\n    %kmeans X -k 2;", False),
    ],
)
def test_a_semicolon_at_the_end_shows_nothing(cell, capsys, source, shown):
    cell(source)
    assert ("KMeansWidget(" in capsys.readouterr().out) == shown


def test_in_silence_the_variables_are_set_all_the_same(cell, shell):
    panel = cell("%kmeans X -k 2 -o p --labels y;")
    assert np.array_equal(shell.user_ns["y"], panel.final_labels())


class Raising:
    """Raises an error when its numbers, or its columns, are asked for."""

    def __init__(self, error):
        self.error = error

    def __array__(self, dtype=None, copy=None):
        raise self.error

    @property
    def columns(self):
        return self.__array__()


class Speechless(Exception):  # noqa: N818
    def __str__(self):
        raise KeyError


class Panic(BaseException):
    pass


TENSOR = RuntimeError("Can't call numpy() on\na tensor.")


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        ("raising", TENSOR, "RuntimeError: Can't call numpy() on a"),
        ("raising", LookupError(), "LookupError"),
        ("raising", Speechless(), "Speechless"),
        ("raising", Panic("in Rust"), "Panic: in Rust"),
        ("raising.columns", TENSOR, "RuntimeError: Can't call numpy() on a"),
        ("raising.columns", Speechless(), "Speechless"),
        ("raising.columns", Panic("in Rust"), "Panic: in Rust"),
        ("raising --columns a", LookupError(), "LookupError"),
        ("raising --columns a", Panic("in Rust"), "Panic: in Rust"),
        ("X --weights raising", Speechless(), "Speechless"),
        ("X --weights raising", Panic("in Rust"), "Panic: in Rust"),
    ],
)
def test_whatever_the_data_raise_is_one_sentence(shell, line, error, said):
    shell.user_ns["raising"] = Raising(error)
    with pytest.raises(UsageError) as refusal:
        shell.run_line_magic("kmeans", f"{line} -k 2")
    assert said in str(refusal.value)
    assert re.fullmatch(r"(%kmeans|X of type) .*[^.]\.", str(refusal.value))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("raising", KeyboardInterrupt), ("raising", SystemExit),
        ("raising.columns", KeyboardInterrupt), ("raising.columns", SystemExit),
    ],
)  # fmt: skip
def test_an_interrupt_passes(shell, line, error):
    shell.user_ns["raising"] = Raising(error())
    with pytest.raises(error):
        shell.run_line_magic("kmeans", line)


def complete(shell, line):
    return [c.text for c in kmeans_magic.complete(line, shell.user_ns)["completions"]]


def test_completion_offers_options_values_variables_and_columns(shell):
    assert complete(shell, "%kmeans X --ma") == ["--max-iter"]
    assert complete(shell, "%kmeans X --init k") == ["k-means++"]
    assert complete(shell, "%kmeans X --scale r") == ["robust"]
    assert complete(shell, "%kmeans frame --weights fr") == ["frame"]
    assert '"petal length (cm)"' in complete(shell, "%kmeans frame --weights ")
    assert complete(shell, "%kmeans X --canvas ") == ["auto", "ipympl", "png"]
    assert complete(shell, "%kmeans X --saved ") == ["run", "cursor"]
    assert '"petal length (cm)"' in complete(shell, '%kmeans frame --axes "petal width (cm)" ')
    assert complete(shell, "panel = %kmeans fr") == ["frame"]
    assert complete(shell, "%kmeans ") == ["X", "frame", "holed", *datasets.DATASETS]
    assert '"petal length (cm)"' in complete(shell, "%kmeans frame --columns ")


def test_completion_works_through_the_shell(shell):
    line = "%kmeans X --see"
    with provisionalcompleter():
        found = list(shell.Completer.completions(line, len(line)))
    assert [(c.text, line[c.start : c.end]) for c in found] == [("--seed", "--see")]


@pytest.mark.parametrize(
    "lines", ["panels[0] = %kmeans X --see", "%kmeans \\\n    X \\\n  --see", "    %kmeans X;--see"]
)
def test_completion_works_on_every_kind_of_line(shell, lines):
    with provisionalcompleter():
        found = [c.text for c in shell.Completer.completions(lines, len(lines))]
    assert found == (["--seed"] if ";" not in lines else [])


def test_completion_survives_a_variable_that_raises(shell):
    shell.user_ns["raising"] = Raising(RuntimeError())
    assert complete(shell, "%kmeans fr") == ["frame"]
    assert complete(shell, "%kmeans raising --columns ") == []


def test_completion_leaves_other_lines_alone(shell):
    assert complete(shell, "kmeans X --ma") == []
    assert complete(shell, "print(X) # --ma") == []


def test_unloading_removes_everything(shell):
    shell.extension_manager.unload_extension("kmeans_widget")
    assert shell.find_line_magic("kmeans") is None
    assert all(
        getattr(m, "matcher_identifier", "") != kmeans_magic.MATCHER
        for m in shell.Completer.custom_matchers
    )
    shell.extension_manager.load_extension("kmeans_widget")
    assert shell.find_line_magic("kmeans") is not None


def test_loading_twice_registers_once(shell, capsys):
    for line in ("%load_ext", "%load_ext", "%reload_ext", "load_ext"):
        shell.run_cell(f"{line} kmeans_widget")
    assert capsys.readouterr() == ("", "")
    matchers = shell.Completer.custom_matchers
    ours = [m for m in matchers if getattr(m, "matcher_identifier", "") == kmeans_magic.MATCHER]
    assert len(ours) == len(shell.ast_transformers) == 1
    shell.run_cell("%unload_ext kmeans_widget")
    assert capsys.readouterr() == ("", "")
    assert shell.find_line_magic("kmeans") is None
    assert shell.ast_transformers == []


@pytest.mark.parametrize(
    ("source", "stays"),
    [
        ("%unload_ext kmeans_widget\n%load_ext kmeans_widget", True),
        ("%load_ext kmeans_widget\n%load_ext kmeans_widget", True),
        ("%reload_ext kmeans_widget\n%load_ext kmeans_widget", True),
        ("if True:\n    %load_ext kmeans_widget", True),
        ("%load_ext kmeans_widget\n%unload_ext kmeans_widget", False),
    ],
)
def test_loading_and_unloading_in_one_cell_is_silent(shell, capsys, source, stays):
    for _ in range(2):
        shell.run_cell("%load_ext kmeans_widget")
        shell.run_cell(source).raise_error()
        assert capsys.readouterr() == ("", "")
        assert (shell.find_line_magic("kmeans") is not None) == stays


def test_labels_given_before_a_reload_are_replaced_after_it(cell, shell):
    cell("%kmeans X -k 3 --labels y;")
    cell("%reload_ext kmeans_widget\n%kmeans X -k 2 --labels y;")
    assert shell.user_ns["y"].max() == 1


def test_a_cell_is_run_and_its_last_expression_clustered(shell):
    body = "shift = 5\ntable = frame + shift\n# the flowers\ntable[\n  ['petal length (cm)']\n]\n"
    cell = f"%%kmeans -k 4 --seed 3 -o panel\n{body}"
    result = shell.run_cell(cell)
    assert result.success
    panel = shell.user_ns["panel"]
    assert result.result is panel
    assert (panel.n_clusters, panel.random_state, shell.user_ns["shift"]) == (4, 3, 5)
    assert np.array_equal(panel.X, IRIS[["petal length (cm)"]] + 5)
    assert "table[['petal length (cm)']]" in panel.code
    assert panel.magic_line == "%kmeans table[['petal length (cm)']] -k 4 --seed 3"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%kmeans X\nframe", "'X' is one too many. Leave it out, or use %kmeans X in a line."),
        ("%%kmeans\ny = 1", "the cell does not end with one. Add a line with the data"),
        ("%%kmeans\n# nothing", "the cell does not end with one"),
        ("%%kmeans\nz = 1\nnobody", "nobody is None, so there is nothing to cluster"),
        ("%%kmeans\n1 / 0\nX", "division by zero"),
        ("%%kmeans\nX +", "cannot run line 1 of its cell: invalid syntax. Correct it"),
        ("%%kmeans\nawait nobody\nX", "cannot run line 1 of its cell: 'await' outside function"),
    ],
)
def test_a_cell_that_gives_no_data_is_refused(shell, cell, message):
    error = shell.run_cell(cell).error_in_exec
    assert isinstance(error, UsageError | ZeroDivisionError)
    assert message in str(error)


@pytest.mark.parametrize("cell", ["%%kmeans -k 2;\nX", "%%kmeans -k 2 -o panel\nX;"])
def test_a_cell_with_a_semicolon_displays_nothing(shell, cell):
    result = shell.run_cell(cell)
    assert result.success
    assert result.result is None


@pytest.mark.parametrize("name", ["rings", "iris", "outlier"])
def test_an_example_is_opened_by_its_name(kmeans, shell, name):
    panel = kmeans(f"{name} --run")
    dataset = datasets.DATASETS[name]()
    assert np.array_equal(panel.X, np.asarray(dataset.X))
    assert panel.n_clusters == dataset.n_clusters
    assert panel.magic_line.startswith(f"%kmeans kmeans_widget.datasets.{name}() -k")
    again = kmeans(panel.magic_line.removeprefix("%kmeans"))
    assert np.array_equal(again.labels, panel.labels)
    assert panel.code.startswith("import kmeans_widget\nimport numpy as np\n")
    space = {}
    exec(panel.code, space)
    assert np.array_equal(space["labels"], panel.labels)
    shell.user_ns[name] = [[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]]
    assert kmeans(f"{name} -k 2").X.shape == (3, 2)  # a variable comes first
    assert again.code == panel.code


def test_a_misspelt_example_is_suggested(kmeans):
    with pytest.raises(UsageError, match=r"'ringz'.*did you mean 'rings'\?"):
        kmeans("ringz")
