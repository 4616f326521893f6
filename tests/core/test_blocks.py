"""Samples in blocks: whatever the blocks and their engine, the answers are those of one array."""

import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kmeans_widget.core import blocks
from kmeans_widget.core.blocks import BLOCK_INITS, BlockSamples
from kmeans_widget.core.kernels.chunks import chunk_size
from kmeans_widget.core.lloyd import iterate
from kmeans_widget.core.samples import ArraySamples
from kmeans_widget.distributed.arrays import ArrayBlock
from kmeans_widget.distributed.threads import ThreadEngine


class OtherMachine:
    """An engine that pickles everything, in any order, loses labels, and repeats tasks."""

    def __init__(self, parts, seed=0):
        self.blocks, self.n_blocks = [pickle.dumps(part) for part in parts], len(parts)
        self.random = random.Random(seed)

    def map(self, function, *arguments, only=None):
        results = {}
        numbers = list(range(self.n_blocks) if only is None else only)
        for number in self.random.sample(numbers, len(numbers)):
            for _ in range(self.random.choice([1, 1, 2])):
                if self.random.random() < 0.3:
                    blocks._states.clear()
                task = pickle.loads(pickle.dumps((function, arguments)))
                results[number] = task[0](pickle.loads(self.blocks[number]), number, *task[1])
        return [results[number] for number in numbers]

    def join(self, function, *arguments, only):
        return np.concatenate(self.map(function, *arguments, only=only))

    def forget(self, run):
        blocks.forget(run)


def cut(X, weights, *ends):
    """Blocks of an array."""
    parts = np.split(np.arange(len(X)), ends)
    return [
        ArrayBlock(X[part], None if weights is None else weights[part], f"block {i}")
        for i, part in enumerate(parts)
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**16), st.sampled_from([1, 2, 3, 7, 20]), st.booleans(), st.booleans())
def test_any_blocks_give_the_run_of_the_array(seed, n_features, is_weighted, is_single):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(8, 400)), int(rng.integers(1, 6))
    X = rng.normal(size=(n, n_features)) + rng.integers(0, 3, (n, 1)) * 4 + rng.choice([0, 1e3])
    X = X.astype(np.float32 if is_single else np.float64)
    weights = rng.integers(0, 3, n).astype(float) if is_weighted else None
    ends = np.sort(rng.integers(0, n, rng.integers(0, 6)))  # some blocks have no rows
    start = X[rng.choice(n, k, replace=False)].astype(np.float64)
    whole, parts = ArraySamples(X, weights), cut(X, weights, *ends)
    expected = list(iterate(whole, start, max_iter=20))
    for engine in (ThreadEngine(parts), OtherMachine(parts, seed)):
        samples = BlockSamples(engine)
        memory = samples.memory()
        steps = list(iterate(samples, start, max_iter=20, memory=memory))
        assert [s.n_changed for s in steps] == [s.n_changed for s in expected]
        assert [s.relocated for s in steps] == [s.relocated for s in expected]
        scale = float(np.abs(X).max())
        for ours, theirs in zip(steps, expected, strict=True):
            assert np.allclose(ours.centers, theirs.centers, rtol=1e-6, atol=1e-6 * scale)
            assert ours.inertia == pytest.approx(theirs.inertia, rel=1e-6, abs=1e-9 * scale**2)
        labels = samples.final_labels(memory)
        assert np.array_equal(labels, samples.assign(steps[-1].centers))
        assert np.array_equal(labels, whole.assign(expected[-1].centers))
        assert np.allclose(samples.feature_variances(), whole.feature_variances(), rtol=1e-6)
        assert np.allclose(samples.distances(start), whole.distances(start), 1e-5, 1e-5 * scale)


def test_blocks_that_are_chunks_give_the_bits_of_the_array():
    n, k = 1_300_000, 8
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 2)) + rng.integers(0, 4, (n, 1)) * 2
    size = chunk_size(n, 2, k)
    samples = BlockSamples(ThreadEngine(cut(X, None, *range(size, n, size))))
    runs = [list(iterate(s, X[:k], max_iter=6)) for s in (ArraySamples(X), samples)]
    for ours, theirs in zip(*runs, strict=True):
        assert np.array_equal(ours.centers, theirs.centers)
        assert ours.inertia == theirs.inertia


def test_the_order_in_which_blocks_are_ready_changes_no_bit():
    X = np.random.default_rng(0).normal(size=(3000, 6)).astype(np.float32)
    parts = cut(X, None, 500, 501, 2000)
    runs = [
        [step.centers for step in iterate(BlockSamples(engine), X[:4], max_iter=8)]
        for engine in (ThreadEngine(parts, 1), ThreadEngine(parts, 4), OtherMachine(parts, 3))
    ]
    for run in runs[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(run, runs[0], strict=True))


@pytest.mark.parametrize("init", BLOCK_INITS)
def test_a_start_depends_on_the_seed_only_and_has_no_row_without_weight(init):
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(size=(2000, 3)) + 20 * j for j in range(5)])
    weights = np.ones(len(X))
    weights[::7] = 0
    X[::7] = 1e6
    parts = cut(X, weights, 17, 18, 6000)
    starts = [
        BlockSamples(engine).choose_centers(5, init, np.random.RandomState(1))
        for engine in (ThreadEngine(parts), OtherMachine(parts))
    ]
    assert np.array_equal(*starts)
    assert starts[0].shape == (5, 3)
    assert np.abs(starts[0]).max() < 200
    if init != "random":
        assert len({round(x / 20) for x in starts[0][:, 0]}) == 5  # one in each group


def test_k_means_parallel_neither_hangs_nor_grows_with_duplicates():
    X = np.repeat(np.arange(6.0).reshape(3, 2), 50, axis=0)
    samples = BlockSamples(ThreadEngine(cut(X, None, 70)))
    start = samples.choose_centers(3, "k-means||", np.random.RandomState(0))
    assert len(np.unique(start, axis=0)) == 3


def test_labels_of_a_run_are_gone_with_it():
    samples = BlockSamples(ThreadEngine(cut(WALK, None, 9)))
    memory = samples.memory()
    samples.accumulate(WALK[:2], memory)
    assert any(run == memory.run for run, _ in blocks._states)
    run = memory.run
    del memory
    assert not any(key[0] == run for key in blocks._states)


WALK = np.random.default_rng(0).normal(size=(30, 2))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([ArrayBlock(WALK), ArrayBlock(WALK[:, :1], None, "part 2")], "part 2 has 1 column, but"),
        ([ArrayBlock(WALK[:0])], "There is no row in the data."),
        (
            [ArrayBlock(np.array([[1.0, 2.0], [np.nan, 1.0]]), None, "part 7")],
            "part 7: the value in row 1, column 0 is missing",
        ),
        ([ArrayBlock(np.array([[np.inf, 2.0]]), None, "part 7")], "part 7: .* is infinite"),
        ([ArrayBlock(np.array([[1e300, 2.0], [-1e300, 1]]))], "too large for their squares"),
        ([ArrayBlock(WALK, -np.ones(30), "part 3")], "part 3: a weight is needed"),
        ([ArrayBlock(WALK[0], None, "part 4")], "part 4 has 1 dimension;"),
    ],
)
def test_the_block_that_cannot_be_used_is_named(parts, words):
    with pytest.raises(ValueError, match=words):
        BlockSamples(ThreadEngine(parts))


def test_after_an_error_no_other_block_is_begun():
    read = []

    class Failing(ArrayBlock):
        def read(self):
            read.append(self.name)
            raise OSError(f"{self.name} cannot be read")

    with pytest.raises(OSError, match="block 0"):
        BlockSamples(ThreadEngine([Failing(WALK, None, f"block {i}") for i in range(50)], 1))
    assert len(read) < 5
