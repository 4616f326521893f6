"""The app: upload a table, explore it in the panel, download its labels."""

from kmeans_widget.app.app import App

__all__ = ["App"]
