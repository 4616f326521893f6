"""Saving a session that has no GUI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kmeans_widget.export import saving
from kmeans_widget.export.recording import record

if TYPE_CHECKING:
    from pathlib import Path

    from kmeans_widget.session import KMeansSession


def save(session: KMeansSession, path: Path, **options: Any) -> Path:
    """Write what a panel on this session would write."""
    return saving.save(
        record(session), session.current_branch, path, table=session.to_frame, **options
    )
