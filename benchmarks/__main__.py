"""Benchmarks: `python -m benchmarks [section ...] [--quick] [--data uniform] [--out FOLDER]`."""

from __future__ import annotations

import argparse
import faulthandler
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import (
    blocks,
    ceilings,
    dask_blocks,
    first_call,
    fits,
    growth,
    interrupt,
    lloyd,
    memory,
    parts,
    picture,
    report,
    rounds,
    selection,
)
from benchmarks.peers import contenders
from benchmarks.setting import Setting
from benchmarks.timing import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from benchmarks.rows import Row


@dataclass(frozen=True, slots=True)
class Section:
    """A table: its title, how to measure its rows, the remarks below it, and how it is written."""

    title: str
    rows: Callable[[Setting], Iterator[Row]]
    remarks: Callable[[Sequence[Row]], list[str]]
    table: Callable[[Sequence[Row], Sequence[str]], str] = report.table


SECTIONS = {
    "lloyd": Section(lloyd.TITLE, lloyd.rows, report.summary),
    "fits": Section(
        fits.TITLE, fits.rows, lambda rows: [*report.summary(rows), *map(fits.remark, rows)]
    ),
    "parts": Section(parts.TITLE, parts.rows, report.summary),
    "selection": Section(
        selection.TITLE,
        selection.rows,
        lambda rows: [*report.summary(rows), *selection.remarks(rows)],
    ),
    "memory": Section(memory.TITLE, memory.rows, report.summary),
    "blocks": Section(blocks.TITLE, blocks.rows, blocks.remarks),
    "growth": Section(growth.TITLE, growth.rows, growth.remarks),
    "first": Section(first_call.TITLE, first_call.rows, lambda _: []),
    "dask": Section(dask_blocks.TITLE, dask_blocks.rows, dask_blocks.remarks),
    "rounds": Section(rounds.TITLE, rounds.rows, rounds.remarks, rounds.table),
    "interrupt": Section(interrupt.TITLE, interrupt.rows, lambda _: []),
}
NAMES = ("panel", *SECTIONS, "ceilings")


def main(words: Sequence[str] | None = None) -> None:
    """Measure the requested sections; print tables, write JSON and a picture."""
    asked = _parse(words)
    faulthandler.enable()  # print a traceback if a peer crashes the process
    if "panel" in asked.sections:
        from benchmarks import panel

        panel.main()
    if set(asked.sections) == {"panel"}:
        return
    setting = Setting(contenders(), asked.data, asked.quick)
    run(setting, [name for name in NAMES if name in asked.sections], asked.out)


def run(setting: Setting, names: Iterable[str], out: Path) -> None:
    """Measure sections; print each table when it is complete, and write the JSON after every row.

    Parameters
    ----------
    setting : Setting
    names : iterable of str
        From `NAMES`, without "panel".
    out : Path
        Folder for speed.json and speed.png.
    """
    machine = report.machine()
    done: dict[str, list[Row]] = {}
    limits: dict[str, float] = {}
    columns = [one.name for one in setting.contenders]

    def write() -> None:
        about = {"machine": machine, "data": setting.kind, "limits": limits}
        report.write_json(out / "speed.json", done, **about)

    print(f"{machine['processor']}, {machine['threads']} threads, data: {setting.kind}")
    for name in names:
        if name == "ceilings":
            limits = ceilings.measure(quick=setting.quick)
            print(f"\n## {ceilings.TITLE}\n\n{ceilings.table(limits, done.get('lloyd', []))}")
        else:
            section, done[name] = SECTIONS[name], []
            for row in section.rows(setting):
                done[name].append(row)
                progress(report.line(row, columns))
                write()
            print(f"\n## {section.title}\n\n{section.table(done[name], columns)}\n")
            print("\n".join(f"* {line}" for line in section.remarks(done[name]) if line))
        write()
    if done:
        titles = {name: SECTIONS[name].title for name in done}
        picture.draw(done, titles, _caption(machine), out / "speed.png")
    print(f"\nAll rounds: {out / 'speed.json'}" + (f"; picture: {out / 'speed.png'}" * bool(done)))


def _caption(machine: dict[str, object]) -> str:
    versions = machine["versions"]
    assert isinstance(versions, dict)
    known = ", ".join(f"{name} {number}" for name, number in versions.items() if number)
    return f"{machine['processor']}, {machine['threads']} threads; {known}"


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="section", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, as a smoke test")
    parser.add_argument("--data", choices=("blobs", "uniform"), default="blobs")
    parser.add_argument("--out", type=Path, default=Path(".cache/bench"), metavar="FOLDER")
    asked = parser.parse_args(words)
    if unknown := set(asked.sections) - set(NAMES):
        parser.error(
            f"unknown section {', '.join(sorted(unknown))}; choose from {', '.join(NAMES)}"
        )
    asked.sections = asked.sections or list(NAMES)
    return asked


if __name__ == "__main__":
    main()
