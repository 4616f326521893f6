"""Fast PNG encoding of the frames for the browser."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


def encode_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    r"""Encode RGBA pixels of shape (height, width, 4) as a PNG, optimized for speed.

    Rows are unfiltered and compressed at zlib's level 1: 5 ms for a frame of 620 x 550 pixels,
    where Pillow with its adaptive filters takes 13 ms (on the same machine).

    Examples
    --------
    >>> encode_png(np.zeros((1, 1, 4), dtype=np.uint8))[:8]
    b'\x89PNG\r\n\x1a\n'
    """
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 4 * width), dtype=np.uint8)  # first byte of a row, 0: no filter
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
