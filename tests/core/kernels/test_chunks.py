import numpy as np
import pytest

from kmeans_widget.core.samples import ArraySamples


@pytest.mark.parametrize("shift", [1e4, 1e8])
@pytest.mark.parametrize("n_features", [1, 2, 3, 4])
def test_variances_of_narrow_float64_far_from_zero(n_features: int, shift: float) -> None:
    X = np.random.default_rng(0).normal(size=(1001, n_features)) + shift
    np.testing.assert_allclose(ArraySamples(X).feature_variances(), X.var(axis=0), rtol=1e-9)


@pytest.mark.parametrize("n_features", [1, 2, 3, 5, 64, 100])
@pytest.mark.parametrize("shift", [0.0, 1e4])
def test_variances_of_float32_are_float64(n_features: int, shift: float) -> None:
    X = (np.random.default_rng(0).normal(size=(1001, n_features)) + shift).astype(np.float32)
    np.testing.assert_allclose(
        ArraySamples(X).feature_variances(), X.astype(np.float64).var(axis=0), rtol=1e-9
    )
