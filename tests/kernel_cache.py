"""Where the compiled kernels of exactly this source are kept.

numba's own cache notices a change of a kernel's file, but not of a kernel in another file that was
inlined into it. A directory named after all of ``kmeans_widget/core`` cannot be stale.

The test suite imports this module; the Makefile runs it and takes what it prints.
"""

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def directory() -> Path:
    """Return the cache directory for the core as it is now."""
    digest, core = hashlib.sha256(), ROOT / "kmeans_widget" / "core"
    for source in sorted(core.glob("**/*.py")):
        name = source.relative_to(core).as_posix()
        digest.update(name.encode() + b"\0" + source.read_bytes() + b"\0")
    return ROOT / ".cache" / "numba" / digest.hexdigest()[:16]


if __name__ == "__main__":
    print(directory())
