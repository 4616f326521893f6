"""What is shown, without any GUI: parameters, points, branches, a cursor, and the commands."""

from kmeans_widget.session.session import KMeansSession

__all__ = ["KMeansSession"]
