"""Panels without a picture."""

from no_picture import no_picture

__all__ = ["no_picture"]
