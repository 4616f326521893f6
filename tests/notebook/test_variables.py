"""The way back from a panel, in a notebook whose variables go on changing."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from IPython.core.interactiveshell import InteractiveShell

import kmeans_widget as kw
from kmeans_widget.notebook import variables as notebook
from reproduced import assert_same_labels

pytestmark = pytest.mark.usefixtures("no_picture")

IRIS = kw.datasets.iris()
MANY, FEW = 250, 40  # rows of three numbers each: few are written out


class Stream:
    """Gives something else each time, in ways that look harmless."""

    fixed = np.arange(60.0).reshape(20, 3)

    def __init__(self):
        self.reads = 0

    @property
    def batch(self):
        self.reads += 1
        return np.random.default_rng(self.reads).normal(size=(MANY, 3))

    def head(self, _n=5):
        return self.batch

    def __getitem__(self, _key):
        return self.batch


@pytest.fixture(scope="module")
def shell_of_module():
    shell = InteractiveShell()
    shell.extension_manager.load_extension("kmeans_widget")
    yield shell
    shell.extension_manager.unload_extension("kmeans_widget")


@pytest.fixture
def variables(shell_of_module, monkeypatch):
    """The variables of a notebook with data of many kinds."""
    monkeypatch.setattr(notebook, "get_ipython", lambda: shell_of_module)
    X, n, stream = np.random.default_rng(0).normal(size=(MANY, 3)), np.arange(MANY), Stream()
    df = pd.DataFrame(X.copy(), columns=["a", "b c", "d"])
    variables = shell_of_module.user_ns
    variables.update(
        X=X, df=df, np=np, pd=pd, pl=pl, kw=kw, small=X[:FEW].copy(), w=n % 4 + 0.5, limit=0.25,
        SimpleNamespace=SimpleNamespace,
        frames=[df, df * 2], by_name={"x": df}, thing=SimpleNamespace(data=df), gaps=df[df < 2.0],
        polars=pl.DataFrame(df), masked=np.ma.masked_array(X, X > 2.0),
        bunch=replace(IRIS, X=IRIS.X.copy()),
        sized=df.assign(size=n % 3 + 1.0), ints=df.set_axis([10, 20, 30], axis=1),
        odd=df.set_axis(["#", "it's", "two\nlines"], axis=1), sample_weight=n % 3 * 1.0,
        mixed=df.assign(text="t", id=n, size=n % 3), arrow=pa.table(df.mask(df > 1.5)),
        marks=abs(df).set_axis(["-x", "x_{1}", "$limit"], axis=1),
        stream=stream, load=lambda: stream.batch, batches=(stream.batch for _ in range(9)),
    )  # fmt: skip
    yield variables
    variables.clear()
    shell_of_module.init_user_ns()


@pytest.fixture
def kmeans(shell_of_module):
    opened = []

    def run(line):
        opened.append(shell_of_module.run_line_magic("kmeans", line))
        return opened[-1]

    yield run
    for panel in opened:
        panel.close()


def follow(panel, kmeans, variables):
    """Follow code and line; return whether they name the data and the weights.

    What they give must be on screen. Where `your_data` or `your_weights` is written, that is to be
    filled in: the code says with what.
    """
    code, line = panel.code, panel.magic_line
    points, table = panel.current_branch.points, panel.current_branch.points.table
    rows = np.full((len(panel.X) + len(panel.left_out), panel.X.shape[1]), np.nan)
    rows[table.rows] = panel.X
    data = pd.DataFrame(rows, columns=panel.feature_names)
    weights = None if panel.sample_weight is None else points.on_rows(panel.sample_weight)
    if table.weight_column is not None:
        data[table.weight_column] = weights
    named = []
    for name, value in (("your_data", data), ("your_weights", weights)):
        named.append(name not in code + line)
        assert (name in code) == (f"  # {name}: " in code)
        if name in code + line:
            assert name not in variables
            variables[name] = value
    found = dict(variables)
    exec(code, found)
    assert_same_labels(found, panel)
    again = kmeans(line.removeprefix("%kmeans"))
    assert np.array_equal(again.X, panel.X)
    assert np.array_equal(again.point_labels, panel.point_labels)
    assert again.cursor == panel.cursor
    assert np.array_equal(again.sample_weight, panel.sample_weight)
    return named


@pytest.mark.parametrize(
    "line",
    [
        "df[df.a > 0]", "(X - X.mean(0)) / X.std(0)", "np.log(np.abs(X)) + 1", "frames[0]",
        'by_name["x"][["a", "d"]]', "thing.data.head(200)", "stream.fixed",
        "list(zip(X[:, 0], w))",
        'df.query("a > @limit").drop(columns="d")', "df.assign(e=lambda f: f.a * 2)",
        "[[x, y] for x, y, _ in X]", 'df[[f"{c}" for c in "ad"]]', "gaps", "gaps --columns a",
        "gaps.to_numpy() --columns 2 0", "masked --columns 2 1", 'polars --columns a "b c"',
        'polars.filter(pl.col("a") > 0)', "pl.DataFrame(gaps)", "arrow",
        'arrow.select(["a", "d"])', "mixed", "mixed[:99] --weights w[:99]", "pl.DataFrame(mixed)",
        "gaps.convert_dtypes()", "masked", "ints --columns 30 10", "odd",
        'odd --columns "#"', "marks",
        'marks --columns "-x" "x_{1}"', 'marks --columns "-x" --weights "$limit"', "bunch",
        "kw.datasets.blobs(3, 300)", "X if limit else None",
        "kw.datasets.walkthrough() --columns y", "df # the data", "[1, 2], [3, 4], [8, 9], [8, 8]",
    ],
)  # fmt: skip
def test_an_expression_that_gives_the_data_again_is_named(line, kmeans, variables):
    panel = kmeans(line)
    panel.run()
    expression = line.split(" --")[0].split(" # ")[0].replace('"', "'")
    assert expression in panel.code.replace('"', "'")
    assert expression in panel.magic_line.replace('"', "'")
    assert follow(panel, kmeans, variables) == [True, True]


@pytest.mark.parametrize(
    "data",
    [
        "np.random.rand(250, 3)", "df.sample(200)", "load()", "next(batches)", "list(batches)[0]",
        "stream.batch", "stream[0]", "stream.head()", "df.assign(e=np.random.rand(250))",
        "df.apply(lambda column: column + np.random.rand())", "(new := X * 2)", "_",
        "[df.pop('d'), df][1]", "np.abs(X, X)", "df.pipe(lambda frame: frame.sample(200))",
    ],
)  # fmt: skip
def test_an_expression_that_may_give_something_else_is_not_named(data, kmeans, variables):
    variables["_"] = variables["X"]
    panel = kmeans(f"{data} -k 3 --run")
    reads, frame, X = variables["stream"].reads, variables["df"].copy(), variables["X"].copy()
    assert follow(panel, kmeans, variables) == [False, True]
    assert variables["stream"].reads == reads  # nor is it evaluated: that might use something up
    assert frame.equals(variables["df"])
    assert np.array_equal(X, variables["X"])


def test_few_data_that_may_be_others_are_written_out(kmeans, variables):
    panel = kmeans("np.random.rand(30, 2) -k 3 --weights np.random.rand(30) --run")
    assert "rand" not in panel.code + panel.magic_line
    assert follow(panel, kmeans, variables) == [True, True]


CHANGES = [  # the line, what happens then, and whether data and weights are still named
    ("X", "X[0, 0] += 1e-9", False, True),
    ("X", "X = X[::-1]", False, True),
    ("X", "X = X[:, :2]", False, True),
    ("X", "X = X.copy()", True, True),
    ("X", "del X", False, True),
    ("X[5:]", "X[0] = 7", True, True),
    ("X[5:]", "X[7] = 7", False, True),
    ("np.vstack([X, X])", "np = 5", False, True),
    ("np.vstack([X, X])", "np = SimpleNamespace(vstack=np.vstack)", False, True),
    ("df", "df.iloc[3, 1] = np.nan", False, True),
    ("df", "df.columns = ['d', 'a', 'b c']", False, True),
    ("df", "df['later'] = 'text'", True, True),
    ("df", "df = None", False, True),
    ("df[df.a > limit]", "df['later'] = 1.0", True, True),
    ("df[df.a > limit]", "limit = 0.5", False, True),
    ("df[df.a > limit]", "df['a'] *= -1", False, True),
    ("frames[0]", "frames.insert(0, df + 1)", False, True),
    ('by_name["x"]', "by_name['x'] = -df", False, True),
    ("thing.data", "thing.data = df + 1", False, True),
    ("thing.data", "df.iloc[3, 1] = 9", False, True),
    ("gaps", "gaps.loc[gaps.isna().any(axis=1)] = 0.0", False, True),
    ("df", "your_data = df * 2", True, True),
    ("X --weights w", "w[:5] = 9", True, False),
    ("X --weights w", "w = w[::-1]", True, False),
    ("X --weights w", "w = w.tolist()", True, True),
    ("X --weights w", "del w", True, False),
    ("X --weights w", "X[0] = 5", False, True),
    ("X --weights w", "X[0] = 5; w[:5] = 9", False, False),
    ("X --weights (w + np.random.rand(250))", "", True, False),
    ('X --weights "(w) + (w)"', "", True, True),
    ("X --weights X[:,0]**2", "", True, True),
    ("X[w > 1] --weights w[w > 1]", "", True, True),
    ("X[sample_weight > 0] --weights sample_weight[sample_weight > 0]", "", True, True),
    ("gaps --weights w", "", True, True),
    ("gaps --weights w", "w[:5] = 9", True, False),
    ("df --columns a d --weights w", "df['w'] = 7.0", True, True),
    ("sized --weights size", "sized['later'] = 2.0", True, True),
    ("sized --weights size", "sized['size'] *= 2", True, False),
    ("sized --weights size", "sized.loc[2, 'a'] = 2.0", False, True),
]


@pytest.mark.parametrize(("line", "change", "data", "weights"), CHANGES)
def test_what_has_changed_since_is_not_named(line, change, data, weights, kmeans, variables):
    panel = kmeans(f"{line} -k 3 --run")
    exec(change, variables)
    assert follow(panel, kmeans, variables) == [data, weights]


def test_a_name_to_fill_in_is_free_or_has_the_data(kmeans, variables):
    panel = kmeans("load() -k 3 --run")
    assert "np.array(your_data, " in panel.code
    variables["your_data"] = panel.X  # as the code says
    assert "# your_data: " not in panel.code
    assert panel.magic_line.startswith("%kmeans your_data ")
    variables["your_data"] = panel.X + 1  # of another panel
    assert "np.array(your_data_2, " in panel.code
    assert panel.magic_line.startswith("%kmeans your_data_2 ")


def test_a_variable_is_no_column_of_the_same_name(kmeans, variables):
    frame = variables["df"].assign(w=1.0)
    variables["frame"] = frame
    panel = kw.KMeansWidget(frame, 3, columns=["a", "d"], sample_weight=variables["w"])
    panel.run()
    assert follow(panel, kmeans, variables) == [True, True]
    panel.close()


def edit(panel):
    panel.move_point(3, [0.1] * panel.X.shape[1])
    panel.remove_point(5)
    panel.add_point([0.2] * panel.X.shape[1])


OWN_NAMES = [  # the line, and the variables that the code must not set
    ("X", {"X"}),
    ("X[50:]", {"X"}),
    ("X[w > 1] --weights X[w>1,0]**2 --scale standard", {"X"}),
    ("df.query('a > @middle')", {"middle"}),
    ("X[labels == 0] --cursor 5", {"X", "labels"}),
    ("gaps[model > 0]", {"model"}),
    ("[[scaler * x, y] for x, y, _ in X] --scale robust", {"X", "scaler"}),
    ("X[sample_weight > 0] --weights sample_weight[sample_weight > 0]", {"X", "sample_weight"}),
    ("rows[rows.X > -1]", {"rows"}),
    ("df.assign(start=start) --columns a start --cursor 0", {"start"}),
    ("X_2 --weights X[:,0]**2", {"X", "X_2"}),
]


@pytest.mark.parametrize(
    ("line", "own", "edited"),
    [*((*case, False) for case in OWN_NAMES), *((*case, True) for case in OWN_NAMES[::3])],
)
def test_running_the_code_changes_no_variable_that_it_uses(line, own, edited, kmeans, variables):
    X, n = variables["X"], np.arange(MANY)
    variables.update(
        labels=n % 3 // 2, model=n % 2 + 1, scaler=2.0, middle=-1.5, start=-X[:, 0], X_2=X + 1,
        rows=pd.DataFrame(X, columns=["X", "labels", "centers"]),
    )  # fmt: skip
    panel = kmeans(f"{line} -k 3" + " --run" * ("--cursor" not in line))
    if edited:
        cursor = panel.cursor
        edit(panel)
        panel.cursor = cursor
    code, line = panel.code, panel.magic_line
    before = {name: variables[name] for name in own}
    copies = {name: np.array(value) for name, value in before.items()}
    results = {name: f"{name}_2" if name in own else name for name in ("labels", "centers")}
    for _ in range(2):
        exec(code, variables)
        of_rows = np.asarray(panel.labels) if panel.cursor else np.full(len(panel.labels), -1)
        assert np.array_equal(variables[results["labels"]], of_rows)
        assert np.allclose(variables[results["centers"]], panel.cluster_centers)
        assert all(variables[name] is value for name, value in before.items())
        assert all(np.array_equal(variables[name], value) for name, value in copies.items())
        assert (panel.code, panel.magic_line) == (code, line)


@pytest.mark.parametrize(
    "line",
    [
        "few.copy().pipe(lambda frame: frame)",
        "few.copy().pipe(lambda frame: frame) --columns a",
        "few.copy().pipe(lambda frame: frame) --weights np.random.rand(40)",
        "few.copy().pipe(lambda frame: frame) --weights w[:40]",
        "np.ma.masked_equal([[1., 2], [2, 1], [-9999, 3], [8, 9], [9, 8], [7, 7], [0, 0]], -9999)",
        "[[1, 2], [np.ma.masked, 3], [5, 6], [7, 9], [1, 1], [2, 2], [4, 5]]",
        "list(few.itertuples(index=False))",
        "kw.datasets.walkthrough()",
        "",
    ],
)
@pytest.mark.parametrize("edited", [False, True])
def test_code_and_line_of_few_data_give_labels_for_all_their_rows(line, edited, kmeans, variables):
    variables["few"] = variables["gaps"][["a", "d"]].head(FEW).copy()
    variables["few"].iloc[4, 0] = np.nan
    panel = kmeans(f"{line} -k 2")
    if edited:
        edit(panel)
    panel.run()
    code, line = panel.code, panel.magic_line
    found, labels = dict(variables), np.asarray(panel.labels)
    exec(code, found)
    assert np.array_equal(found["labels"], labels)
    assert np.array_equal(found.get("point_labels", labels), panel.point_labels)
    again = kmeans(line.removeprefix("%kmeans"))
    assert np.array_equal(again.point_labels, panel.point_labels)
    if not line.startswith("%kmeans np.concatenate("):  # edits of data that are named
        assert np.array_equal(again.labels[: len(labels)], labels)
        assert len(again.labels) == len(labels) + len(panel.current_branch.points.added)


def test_masked_entries_in_a_list_give_no_warning(kmeans, variables):
    variables["few"] = [[1, 2], [np.ma.masked, 3], [5, 6], [7, 9]]
    for line in ("few", "few[1:]"):
        panel = kmeans(f"{line} -k 2 --run")
        assert follow(panel, kmeans, variables) == [True, True]  # warnings are errors here


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("kw.datasets.walkthrough()", ("x", "y")),
        ("kw.datasets.walkthrough() --columns y", ("y",)),
        ("points", ("x", "y")),
        ("bunch --columns 'petal length (cm)'", ("petal length (cm)",)),
        ("bunch --weights 'sepal width (cm)'", None),
        ("own_dataset()", ("x", "y")),
    ],
)
def test_the_line_names_a_dataset_and_the_code_its_samples(line, names, kmeans, variables):
    variables.update(points=kw.datasets.walkthrough(), own_dataset=lambda: make)
    make = kw.datasets.blobs(3, 300)
    make = kw.datasets.Dataset(make.X, "own", ("x", "y"), 3, "")
    panel = kmeans(line)
    panel.run()
    assert names in (None, panel.feature_names)
    expression = line.split(" --")[0]
    if expression == "own_dataset()":
        variables["your_data"] = make  # what the panel was opened on, as the code says
        assert "np.array((your_data).X, " in panel.code
        expression = "your_data"
    assert panel.magic_line.startswith(f"%kmeans {expression} ")
    assert f"({expression}).X" in panel.code
    again = kmeans(panel.magic_line.removeprefix("%kmeans"))
    assert again.feature_names == panel.feature_names
    found = dict(variables)
    exec(panel.code, found)
    assert_same_labels(found, panel)
    assert np.array_equal(again.labels, panel.labels)


def test_a_column_that_a_datasets_frame_got_later_is_no_part_of_the_data(kmeans, variables):
    panel = kmeans("bunch --run")
    variables["bunch"].X["cluster"] = panel.labels
    assert follow(panel, kmeans, variables) == [True, True]
