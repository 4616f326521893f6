"""What the code that a panel shows gives, compared with what is on screen."""

import numpy as np
import pandas as pd


def assert_same_labels(found, session):
    """Check the labels that the code has set in a namespace, of rows and of points."""
    points = found.get("point_labels", found["labels"])
    assert np.array_equal(points, session.point_labels)
    if "point_labels" in found:  # then `labels` are those of all rows of the data
        of_rows = pd.Series(np.asarray(session.labels, dtype=object)).fillna(-1).astype(int)
        assert np.array_equal(found["labels"], of_rows)
