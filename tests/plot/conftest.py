"""The small run that the pictures show."""

from small_run import make_run, recording, run

__all__ = ["make_run", "recording", "run"]
