"""A panel that is opened once for each module, with a picture or without."""

from no_picture import no_picture
from opened import opened, widget

__all__ = ["no_picture", "opened", "widget"]
