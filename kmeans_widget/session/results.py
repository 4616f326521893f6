"""Results: labels, estimator and code of what is on screen, to take along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kmeans_widget import validation
from kmeans_widget.scaling import SCALES
from kmeans_widget.session import codegen, labels
from kmeans_widget.session.locking import reading, whole
from kmeans_widget.session.sources import Sources, as_given
from kmeans_widget.session.walk import Walk

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from sklearn.pipeline import Pipeline

    from kmeans_widget.core.arrays import Labels
    from kmeans_widget.estimator import KMeans


class Results(Walk):
    """What a session gives back to the notebook; see `KMeansSession`."""

    def final_labels(self) -> Any:
        """Compute the labels that the run ends with, without moving the cursor.

        Returns
        -------
        ndarray of shape (n_rows,), int32, or Series
            For every row of the data, as `labels` has them at the cursor.
        """
        with self.lock:
            self._branch.compute(until=None)
            return self._labels_of_rows(self._labels_of_step(-1))

    @reading
    def estimator(self) -> KMeans | Pipeline:
        """A fitted `KMeans` with the labels, centroids and inertia at the cursor.

        Right after a recalculation its labels are, as on screen, those of the assignment before.
        On a `scale` it is a fitted scikit-learn `Pipeline` of scaler and `KMeans`, so that it
        predicts from `X` as it is; centroids and inertia of its last part are on that scale.

        Raises
        ------
        ValueError
            At the very start, where no point has been assigned yet.
        """
        from kmeans_widget.estimator import KMeans  # scikit-learn: only when asked for

        if self.cursor == 0:
            raise ValueError(
                "At cursor 0 nothing is assigned yet, so there is no fitted estimator: "
                "call step() or run() first."
            )
        table, parameters = self._points.table, self._branch.parameters
        model = KMeans(
            parameters.n_clusters, init=self._trace.centers_until(0)[0].copy(), n_init=1,
            max_iter=parameters.max_iter, tol=parameters.tol,
        )  # fmt: skip
        centers = self._trace.centers_until(self.cursor)[-1]
        model.cluster_centers_ = centers.astype(table.samples.dtype)
        model.labels_ = self.point_labels
        model.inertia_, model.n_iter_ = self.inertia, self.n_iter
        model.n_features_in_ = table.samples.n_features
        names = np.array(self.feature_names, dtype=object)
        if parameters.scale != "none":
            return self._behind_scaler(model, names if table.named else None)
        if table.named:
            model.feature_names_in_ = names
        return model

    def _behind_scaler(self, model: KMeans, names: Any) -> Pipeline:
        """Put a fitted scaler before a fitted model."""
        from sklearn import preprocessing
        from sklearn.pipeline import make_pipeline

        scaler = getattr(preprocessing, SCALES[self._branch.parameters.scale].scaler)()
        scaler.fit(self._points.samples.X)
        if names is not None:
            scaler.feature_names_in_ = names
        return make_pipeline(scaler, model)

    @reading
    def code(self) -> str:
        """Python code with which scikit-learn gives the labels and centroids at the cursor.

        The data are `source`; if that is not known, or not sure to give the same data again, few
        points are written out, and many are expected in a variable `your_data`, and their weights
        in `your_weights`.
        """
        return codegen.sklearn_code(self._branch, self.cursor, self._sources)

    @reading
    def magic_line(self) -> str:
        """The `%kmeans` line that opens a panel with these points at this half-step."""
        return codegen.magic_line(self._branch, self.cursor, self._sources)

    @property
    def _sources(self) -> Sources:
        return as_given(
            self._points.table, self.source, self.weight_source, of_dataset=self._of_dataset
        )

    @whole
    def send_labels(
        self,
        name: str,
        namespace: MutableMapping[str, Any],
        *,
        replace: bool = False,
        at_end: bool = False,
    ) -> None:
        """Put the labels, one for every row, into a variable or a column of a DataFrame.

        Parameters
        ----------
        name : str
            Of the variable; or the column of a pandas or polars DataFrame in a variable, written as
            ``df["cluster"]``. The rows of a pandas DataFrame are found by its index, and those that
            are no points have the label -1. A polars DataFrame cannot be changed: the variable
            gets a new one with the column.
        namespace : mapping
            Where the variables are: `globals()`, or `user_ns` of an IPython shell.
        replace : bool
            Whether a value that the name has already may be lost. Labels in a column that were put
            there before are replaced in any case.
        at_end : bool
            Whether they are the labels that the run ends with, not those at the cursor.

        Raises
        ------
        ValueError
            If there can be no such variable or column, if the rows of the DataFrame are not those
            of the data, or if no point has been assigned yet.
        NameTakenError
            If the name has a value already, and `replace` is False.

        Notes
        -----
        A column that labels were put into is no feature of the next session on that DataFrame,
        unless `columns` names it or it has been changed.

        Examples
        --------
        >>> from kmeans_widget.session import KMeansSession
        >>> session, variables = KMeansSession(), {}
        >>> session.run()
        >>> session.send_labels("cluster", variables)
        >>> variables["cluster"][-3:]
        array([0, 0, 0], dtype=int32)
        """
        target = validation.check_label_target(name)
        if not replace:
            labels.check_free(target, namespace)
        if at_end:
            self._branch.compute(until=None)
            step: int | None = -1
        else:
            step = self._trace.assigned(self.cursor)
        if step is None:
            raise ValueError("No point is assigned yet, so there are no labels: step or run first.")
        labels.put(self._labels_of_step(step), self._points, target, namespace, source=self.source)

    def _labels_of_step(self, number: int) -> Labels:
        """Assign every point to the centroids of a step."""
        return self._branch.samples.assign(self._trace[number].centers)
