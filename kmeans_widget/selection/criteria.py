"""Criteria for the number of clusters: one table, the rule of each, and the verdict of all."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from kmeans_widget.selection.indices import bic, calinski_harabasz, davies_bouldin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kmeans_widget.core.arrays import Float64s, Floats, Indices

SIGNIFICANT = 5.0
"""Standard errors by which data must differ from featureless data.

With ten references, 3 are exceeded by chance once in 130 times, and several K are tried; 5 once in
2,700. Of 3 to 8 separate groups, they are 9 to 160.
"""

LOWEST = "best at the smallest K: a smaller one may be better"

STABLE = 0.8
"""Mean adjusted Rand index from which clusters are called stable."""


class Curves(NamedTuple):
    """What is known of all numbers of clusters.

    Parameters
    ----------
    values, errors : dict of str to dict of int to float
        By criterion and number of clusters; without those that are undefined.
    log_within : dict of int to ndarray of shape (1 + n_references,)
        Logarithm of the inertia per row: of a sample of the data, then of featureless data. With
        1 cluster, too. Empty if the gap statistic was not asked for.
    bic_of_one : float
        BIC of all rows as one cluster.
    """

    values: Mapping[str, Mapping[int, float]]
    errors: Mapping[str, Mapping[int, float]]
    log_within: Mapping[int, Float64s]
    bic_of_one: float


def gap(log_within: Float64s) -> tuple[float, float]:
    r"""Return the gap statistic and its standard error.

    .. math:: \mathrm{Gap} = \frac{1}{B} \sum_b \log W^*_b - \log W, \qquad
        s = \mathrm{sd}_b (\log W^*_b) \sqrt{1 + 1/B}

    Parameters
    ----------
    log_within : ndarray of shape (1 + B,)
        Of the data, and of B sets of featureless data.

    References
    ----------
    Tibshirani, R., Walther, G. & Hastie, T. (2001), Estimating the number of clusters in a data set
    via the gap statistic. doi:10.1111/1467-9868.00293

    Examples
    --------
    >>> gap(np.log([1.0, 2.0, 2.0]))
    (0.6931471805599453, 0.0)
    """
    references = log_within[1:]
    spread = float(references.std() * np.sqrt(1 + 1 / len(references)))
    return float(references.mean() - log_within[0]), spread


# -- the rules: a number of clusters, or why there is none --------------------------------------


def _highest(name: str, curves: Curves) -> int | str:
    """Name the K of the highest value."""
    return _extreme(curves.values[name], sign=1)


def _lowest(name: str, curves: Curves) -> int | str:
    """Name the K of the lowest value."""
    return _extreme(curves.values[name], sign=-1)


def _lowest_bic(name: str, curves: Curves) -> int | str:
    """Name the K of the lowest value, unless a single cluster has a lower one."""
    values = curves.values[name]
    if 1 not in values and curves.bic_of_one <= min(values.values()):
        return "a single cluster is better"
    return _extreme(values, sign=-1)


def _elbow(_name: str, curves: Curves) -> int | str:
    """Name the K up to which the inertia falls faster than that of featureless data.

    With the drop log(W of the K before / W), and the excess of the data's drop over the mean of the
    references': a K is an elbow if its excess is significant, and the next one's is not positive.
    """
    log_within = curves.log_within
    ks = sorted(log_within)
    if len(ks) < 3:
        return "no featureless data to compare the curve with" if not ks else "too few K"
    drops = [gap(log_within[after] - log_within[before]) for before, after in _pairs(ks)]
    found = [
        k
        for k, (excess, error), (following, its_error) in zip(
            ks[1:], drops, drops[1:], strict=False
        )
        if excess > SIGNIFICANT * error and following <= its_error
    ]
    if not found:
        return "the curve has no elbow"
    if len(found) > 1:
        return f"the curve has several elbows, at K = {_and(found)}"
    return found[0]


def _one_standard_error(name: str, curves: Curves) -> int | str:
    """Name the smallest K with Gap(K) >= Gap(next K) - s(next K); also compare with K = 1."""
    values, errors = dict(curves.values[name]), dict(curves.errors[name])
    if 1 not in values:
        values[1], errors[1] = gap(curves.log_within[1])
    for k, following in _pairs(sorted(values)):
        if values[k] >= values[following] - errors[following]:
            return k if k in curves.values[name] else "a single cluster is better"
    return "still rising at the largest K"


def _last_stable(name: str, curves: Curves) -> int | str:
    """Name the largest K that is as stable as the most stable one, within its standard error."""
    values, errors = curves.values[name], curves.errors[name]
    best = max(values, key=values.__getitem__)
    if values[best] < STABLE:
        return f"no K reaches {STABLE}"
    k = max(k for k, value in values.items() if value >= values[best] - errors[best])
    return k if k < max(values) else "still stable at the largest K"


def _extreme(values: Mapping[int, float], sign: int) -> int | str:
    """Name the best K, unless it is the largest: a larger one may be better."""
    best = max(values, key=lambda k: sign * values[k])
    return best if best < max(values) else "best at the largest K: a larger one may be better"


class Criterion(NamedTuple):
    """One criterion for the number of clusters.

    Parameters
    ----------
    label : str
        What sentences and plots call it.
    family : str
        Criteria that look at the same property of clusters count as one vote together.
    best_is : str
        What a plot says: which values are good.
    least : int
        The smallest K for which it is defined.
    rule : callable
        From its name and all curves to a number of clusters, or a str: why there is none.
    compute : callable or None
        From samples, codes and weights to its value. None where other labellings or other data are
        needed, see `choose_k`.
    """

    label: str
    family: str
    best_is: str
    least: int
    rule: Callable[[str, Curves], int | str]
    compute: Callable[[Floats, Indices, Float64s | None], float] | None = None


CRITERIA: dict[str, Criterion] = {
    "inertia": Criterion("inertia", "inertia", "an elbow", 1, _elbow),
    "silhouette": Criterion("silhouette", "separation", "high", 2, _highest),
    "calinski_harabasz": Criterion(
        "Calinski-Harabasz", "separation", "high", 2, _highest, calinski_harabasz
    ),
    "davies_bouldin": Criterion(
        "Davies-Bouldin", "separation", "low", 2, _lowest, davies_bouldin
    ),
    "gap": Criterion("gap", "inertia", "within 1 SE of the next", 1, _one_standard_error),
    "bic": Criterion("BIC", "BIC", "low", 1, _lowest_bic, bic),
    "stability": Criterion("stability", "stability", "high", 2, _last_stable),
}  # fmt: skip
"""All criteria by name, as columns of the table. Options, rules, verdict and plot read this."""

CAUTION = (
    "A bend of the inertia alone says little, as the curve of featureless data bends, too "
    "(Schubert 2023)."
)


def vote(name: str, curves: Curves) -> int | str:
    """Return the number of clusters that a criterion names, or why it names none."""
    values = curves.values[name]
    if not values:
        return "not computed"
    if len(values) == 1:
        return "only one K"
    found = CRITERIA[name].rule(name, curves)
    if isinstance(found, int) and found == min(values) > 2:
        return LOWEST
    if isinstance(found, int) and found > 1 and is_featureless(found, curves):
        return f"K = {found}, but featureless data are split as well"
    return found


def is_featureless(k: int, curves: Curves) -> bool:
    r"""Tell whether k clusters reduce the inertia no more than those of featureless data.

    Of the data, :math:`\log(W_1 / W_k)` must exceed the mean of the references by `SIGNIFICANT`
    standard errors.
    """
    if k not in curves.log_within:
        return False  # not asked for
    excess, error = gap(curves.log_within[k] - curves.log_within[1])
    return excess <= SIGNIFICANT * error


def verdict(votes: Mapping[str, int | str], curves: Curves) -> str:
    """Sum up in one sentence: how many clusters, by which families of criteria."""
    if all(len(curves.values[name]) < 2 for name in votes):
        return "Nothing to compare: fewer than two numbers of clusters have values."
    families: dict[str, list[int]] = {}
    for name, found in votes.items():
        named_by = families.setdefault(CRITERIA[name].family, [])
        if isinstance(found, int):
            named_by.append(found)
    opinions = {family: _majority(found) for family, found in families.items()}
    named = {family: k for family, k in opinions.items() if k is not None}
    k, n_for = Counter(named.values()).most_common(1)[0] if named else (0, 0)
    words = {family: _named_by(family, votes) for family in families}
    dissent = [f"{words[family]} says {other}" for family, other in named.items() if other != k]
    if curves.log_within and n_for >= 2 and 2 * n_for > len(named):
        agree = [words[family] for family, other in named.items() if other == k]
        silent = [family for family, other in opinions.items() if other is None]
        but = dissent
        if silent:
            but = [*dissent, f"{_and(silent)} {'name' if len(silent) > 1 else 'names'} none"]
        return f"{_clusters(k)}, by {_and(agree)}" + "".join(f"; {part}" for part in but) + "."
    said = "; ".join(f"{words[family]} says {other}" for family, other in named.items())
    if curves.log_within:
        if not said and LOWEST in votes.values():
            said = "criteria are best at the smallest K, so smaller ones should be compared"
        why = said or "no criterion names one that featureless data would not"
        return f"No clear number of clusters: {why}."
    said = said or "no criterion names a number of clusters"
    return f"Not compared with featureless data, for lack of the gap statistic: {said}."


def _named_by(family: str, votes: Mapping[str, int | str]) -> str:
    """Name a family, or the one of its two criteria that names a number if the other does not."""
    own = {name: found for name, found in votes.items() if CRITERIA[name].family == family}
    naming = [name for name, found in own.items() if isinstance(found, int)]
    return CRITERIA[naming[0]].label if len(own) == 2 and len(naming) == 1 else family


def _majority(found: Sequence[int]) -> int | None:
    """Return what most name, if it is one."""
    ranked = Counter(found).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _pairs(ks: Sequence[int]) -> list[tuple[int, int]]:
    return list(pairwise(ks))


def _and(words: Sequence[object]) -> str:
    *first, last = map(str, words)
    return f"{', '.join(first)} and {last}" if first else last


def _clusters(k: int) -> str:
    return "1 cluster" if k == 1 else f"{k} clusters"
