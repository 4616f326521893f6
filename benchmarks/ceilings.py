"""The machine's peak arithmetic and memory throughput, and how close K-means comes to them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import llvmlite.binding
import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from benchmarks.lloyd import ITERATIONS
from benchmarks.rows import OURS, Row
from kmeans_widget.core.kernels.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TITLE = "Relative to the limits of this machine"

_EFFECTIVE = (
    "Effective rates: 2 × n × k × d operations and 4 × n × d bytes per iteration, whatever was"
    " actually executed. Skipping distances (bounds) or data in the cache may exceed 100 %; with"
    " few features, subtract-square-add takes 3 operations instead of 2."
)
_CHAINS = 12  # 2 FMA units with latency 4 need 8; 12 and 2 constants fit into AVX2's 16 registers
_FEATURES = llvmlite.binding.get_host_cpu_features()
_VECTOR_BYTES = 64 if _FEATURES.get("avx512f") else 32 if _FEATURES.get("fma") else 16


@intrinsic
def _chains(typingctx: Any, n: Any, factor: Any) -> Any:  # noqa: ARG001  numba's signature
    """Compute acc = acc * factor + factor n times, in independent chains held in registers."""
    lanes = _VECTOR_BYTES * 8 // factor.bitwidth

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        number = ir.FloatType() if factor.bitwidth == 32 else ir.DoubleType()
        vector, count = ir.VectorType(number, lanes), args[0].type
        one = builder.insert_element(ir.Constant(vector, None), args[1], ir.IntType(32)(0))
        same = ir.Constant(ir.VectorType(ir.IntType(32), lanes), None)
        factors = builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), same)
        name = f"llvm.fma.v{lanes}f{factor.bitwidth}"
        fma = builder.module.declare_intrinsic(
            name, fnty=ir.FunctionType(vector, [vector, vector, vector])
        )
        before, loop = builder.block, builder.append_basic_block("loop")
        done = builder.append_basic_block("done")
        builder.branch(loop)
        builder.position_at_end(loop)
        i = builder.phi(count)
        i.add_incoming(count(0), before)
        chains = [builder.phi(vector) for _ in range(_CHAINS)]
        following = []
        for j, chain in enumerate(chains):
            chain.add_incoming(ir.Constant(vector, [number(float(j))] * lanes), before)
            following.append(builder.call(fma, [chain, factors, factors]))
            chain.add_incoming(following[-1], loop)
        after = builder.add(i, count(1))
        i.add_incoming(after, loop)
        builder.cbranch(builder.icmp_signed("<", after, args[0]), loop, done)
        builder.position_at_end(done)
        total = following[0]
        for chain in following[1:]:
            total = builder.fadd(total, chain)
        value = builder.extract_element(total, ir.IntType(32)(0))
        for lane in range(1, lanes):
            value = builder.fadd(value, builder.extract_element(total, ir.IntType(32)(lane)))
        return value

    return factor(numba.intp, factor), generate


_CHAIN: Any = _chains  # numba passes the first argument


@numba.njit(nogil=True)
def _multiply_add(n: int, factor: Any) -> Any:
    return _CHAIN(n, factor)


@numba.njit(nogil=True, fastmath=True)
def _sum(x: Any) -> Any:
    total = np.float32(0)
    for i in range(x.size):
        total += x[i]
    return total


def measure(*, quick: bool = False) -> dict[str, float]:
    """Measure the limits with all threads: arithmetic in GFLOP/s, memory reads in GB/s.

    Returns
    -------
    dict of str to float
        Values by name; the name includes the unit.
    """
    limits = {}
    for dtype in (np.float32, np.float64):
        steps = 10_000 if quick else 30_000_000
        seconds = _on_all_threads(partial(_multiply_add, steps, dtype(0.5)))
        lanes = _VECTOR_BYTES // np.dtype(dtype).itemsize
        flops = 2 * steps * _CHAINS * lanes * thread_count()
        limits[f"multiply-add {np.dtype(dtype).name}, GFLOP/s"] = flops / seconds / 1e9
    for megabytes in (1, 2) if quick else (8, 80, 800):
        x = np.ones(megabytes * 250_000, np.float32)
        parts = np.array_split(x, thread_count())
        seconds = _on_all_threads(*(partial(_sum, part) for part in parts))
        limits[f"reading {megabytes} MB, GB/s"] = x.nbytes / seconds / 1e9
    for dtype, name in ((np.float32, "sgemm"), (np.float64, "dgemm")):
        a = np.ones((64 if quick else 3000,) * 2, dtype)
        seconds = _best(partial(np.matmul, a, a))
        limits[f"numpy's {name}, GFLOP/s"] = 2 * len(a) ** 3 / seconds / 1e9
    return limits


def achieved(row: Row) -> tuple[float, float] | None:
    """Return the effective GFLOP/s and GB/s of a row of ten iterations."""
    seconds = row.best(OURS)
    if seconds is None or row.shape is None:
        return None
    n, d, k = row.shape
    passes = row.facts.get("iterations", {}).get(OURS, ITERATIONS)
    return 2 * n * k * d * passes / seconds / 1e9, 4 * n * d * passes / seconds / 1e9


def table(limits: dict[str, float], rows: Sequence[Row]) -> str:
    """Return the limits, and the rows as shares of them, as Markdown tables."""
    lines = ["| limit | |", "|---|---|"]
    lines += [f"| {name} | {value:.0f} |" for name, value in limits.items()]
    flops = next(value for name, value in limits.items() if "float32" in name)
    reading = [value for name, value in limits.items() if name.startswith("reading")][-1]
    if rows:
        lines += ["", "| ten iterations | GFLOP/s | of the limit | GB/s | of the limit |"]
        lines += ["|---|---|---|---|---|"]
    for row in rows:
        if (speeds := achieved(row)) is not None:
            gflops, gigabytes = speeds
            lines.append(
                f"| {row.name} | {gflops:.1f} | {gflops / flops:.0%} | {gigabytes:.1f} |"
                f" {gigabytes / reading:.0%} |"
            )
    if rows:
        lines += [
            "",
            _EFFECTIVE,
        ]
    return "\n".join(lines)


def _on_all_threads(*shares: Callable[[], Any]) -> float:
    """Return the minimum time of one call per thread; a single call is run by every thread."""
    calls = shares if len(shares) > 1 else shares * thread_count()
    with ThreadPoolExecutor(thread_count()) as pool:
        return _best(lambda: [done.result() for done in [pool.submit(call) for call in calls]])


def _best(call: Callable[[], Any], rounds: int = 7) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)
