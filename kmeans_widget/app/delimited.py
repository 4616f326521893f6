"""Delimited text: encoding, separator, decimal comma and names are found out from the bytes."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import itertools
import re
import warnings
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kmeans_widget.validation.messages import quoted_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_BYTES = 200_000_000  # reading takes up to six times as much, and Binder grants 2 GB

_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
_MARKS = (  # byte order marks; UTF-32 first, whose mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_UNPACK = "unpack it, and upload the CSV file in it"
_EXPORT = "save it as CSV in the program that made it, and upload that"
_NO_TABLE = "upload a table as CSV"
_KINDS = (  # how files begin that are often uploaded by mistake
    (b"PK\x03\x04", "a ZIP archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "compressed by Zstandard", _UNPACK),
    (b"\xfd7zXZ\x00", "compressed by xz", _UNPACK),
    (b"BZh91AY&SY", "compressed by bzip2", _UNPACK),
    (b"\x1f\x8b", "compressed by gzip twice", _UNPACK),  # once is read
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _EXPORT),
    (b"PAR1", "a Parquet file", _EXPORT),
    (b"SQLite format 3", "an SQLite database", _EXPORT),
    (b"\x89PNG", "a PNG picture", _NO_TABLE),
    (b"\xff\xd8\xff", "a JPEG picture", _NO_TABLE),
    (b"GIF8", "a GIF picture", _NO_TABLE),
    (b"%PDF", "a PDF document", _NO_TABLE),
    (b"{\\rtf", "an RTF document", _NO_TABLE),
)
_SAMPLE_BYTES, _SAMPLE_ROWS = 1_000_000, 200
_TOLD = re.compile(r"sep=([\t;|,])(?:\r\n|\r|\n)", re.IGNORECASE)  # a first line, for Excel
_MOST_NAMED = 5  # columns in a sentence
_NO_VALUE = {"-", "?"}  # in a column of numbers; elsewhere they may be what is measured
_MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?"}
_INFINITE = {"inf", "-inf", "infinity", "-infinity"}
_MINUS = "\N{MINUS SIGN}"
_GROUPS = ".,'’ \N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"
_YEAR = re.compile(r"(?:19|20)[0-9][0-9]")


def _number_with(decimal: str) -> re.Pattern[str]:
    """Return the pattern of a number with this decimal sign, such as -1.234,5 or 12e-3."""
    groups = _GROUPS.replace(decimal, "")
    digits = rf"[0-9]{{1,3}}(?:[{groups}][0-9]{{3}})+|[0-9]*"  # in groups of three, or not
    exponent = rf"[eE][+{_MINUS}-]?[0-9]+"
    return re.compile(
        rf"\s*[+{_MINUS}-]?(?=[{decimal}]?[0-9])(?:{digits})(?:[{decimal}][0-9]*)?(?:{exponent})?\s*"
    )


_NUMBERS = {decimal: _number_with(decimal) for decimal in ".,"}


class ReadTable(NamedTuple):
    """A table, and how it was read.

    Attributes
    ----------
    frame : pandas.DataFrame
    words : str
        What was found out, in a few sentences; contains the name of the file, not escaped.
    """

    frame: Any
    words: str


class _Layout(NamedTuple):
    """How the values stand in the text."""

    encoding: str
    separator: str
    decimal: str
    names: list[str]
    has_names: bool
    above: list[int]  # the rows above the table, from 0, except blank ones


def read_delimited(content: bytes, name: str) -> ReadTable:
    r"""Read a table of delimited text, whichever program has written it.

    Parameters
    ----------
    content : bytes
        What the file contains, possibly compressed by gzip. The values of a row are separated by
        commas, semicolons, tabs or vertical bars. Titles above the names of columns are left out.
    name : str
        The name of the file, for messages.

    Returns
    -------
    ReadTable
        A nameless first column with a header beside it becomes the index.

    Raises
    ------
    ValueError
        If it is not such a table or has no column of numbers; the message says what to do.

    Examples
    --------
    >>> table = read_delimited("größe;preis\n1,5;20\n1,7;30".encode("cp1252"), "a.csv")
    >>> table.words
    'a.csv: 2 rows, 2 columns, separated by semicolons, decimal commas, Windows-1252.'
    >>> table.frame.columns.to_list(), table.frame["größe"].to_list()
    (['größe', 'preis'], [1.5, 1.7])
    """
    content = _unpacked(content, name)
    _reject_other_kinds(content, name)
    encoding, encoding_words = _encoding_of(content)
    text = content[:_SAMPLE_BYTES].decode(encoding, errors="ignore")
    _reject_other_text(text, name)
    layout = _layout_of(text, encoding, name, complete=len(content) <= _SAMPLE_BYTES)
    frame, layout = _read(content, layout, name)
    note = _name_columns(frame, layout)
    if layout.has_names:
        nameless = [c for c, given in zip(frame, layout.names, strict=True) if not given]
        frame = frame.drop(columns=[c for c in nameless if frame[c].isna().all()])
        if nameless[:1] == [frame.columns[0]] and frame.shape[1] > 1:  # as pandas and R write it
            frame = frame.set_index(frame.columns[0]).rename_axis(None)
    _check_numbers(frame, name)
    n_rows, n_columns = frame.shape
    note += _words_on_text(frame)
    if layout.above:
        note += f" Left out: {_counted(len(layout.above), 'line')} above the table."
    words = (
        f"{name}: {_counted(n_rows, 'row')}, {_counted(n_columns, 'column')}"
        f"{f', separated by {_SEPARATORS[layout.separator]}' * (len(layout.names) > 1)}"
        f"{', decimal commas' * (layout.decimal == ',')}"
        f"{', without column names' * (not layout.has_names)}, {encoding_words}.{note}"
    )
    return ReadTable(frame, words)


# -- bytes to text -----------------------------------------------------------------------------


def _unpacked(content: bytes, name: str) -> bytes:
    if content.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise ValueError(
                f"{name} is damaged, its compressed data end too early or are wrong: upload it "
                "again, or uncompressed."
            ) from None
    check_size(len(content), name)
    return content


def check_size(n_bytes: int, name: str) -> None:
    """Raise if a file is too large."""
    if n_bytes > MAX_BYTES:
        raise ValueError(
            f"{name} has more than {MAX_BYTES // 1_000_000} MB, the most that is read here: upload "
            "fewer rows or columns, or open it in a notebook with %kmeans."
        )


def _reject_other_kinds(content: bytes, name: str) -> None:
    for start, kind, fix in _KINDS:
        if content.startswith(start):
            if b"xl/workbook" in content:
                kind, fix = "an Excel workbook", _EXPORT  # noqa: PLW2901  a ZIP archive, too
            raise ValueError(f"{name} is {kind}, not a CSV file: {fix}.")


def _encoding_of(content: bytes) -> tuple[str, str]:
    """Return Python's name of the encoding, and the usual one.

    Text that is neither UTF-8 nor UTF-16 is taken for Windows-1252, as browsers do.
    charset-normalizer, which comes with JupyterLab, takes "España" and "Preis €" for other words:
    the text of a table is short and has few letters that tell the encoding.
    """
    for mark, encoding, words in _MARKS:
        if content.startswith(mark):
            return encoding, words
    start = content[:2000]
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if zeros.count(0) > len(start) // 4:
            return encoding, "UTF-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:  # in pieces: the whole text would take up to four times the memory
        for i in range(0, len(content), 1_000_000):
            decoder.decode(content[i : i + 1_000_000])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252", "Windows-1252"
    return "utf-8", "UTF-8"


def _reject_other_text(text: str, name: str) -> None:
    if not text.strip():
        raise ValueError(f"{name} is empty: upload a file with a row of names and rows of numbers.")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise ValueError(f"{name} is not text, so it cannot be a CSV file: {_EXPORT}.")
    start = text[:1000].lstrip().lower()
    if start.startswith(("<!doctype", "<html", "<?xml")):
        raise ValueError(f"{name} is a web page or XML, not a CSV file: {_EXPORT}.")
    if start.startswith(("{", "[")):
        raise ValueError(f"{name} is JSON, not a CSV file: {_EXPORT}.")


# -- text to cells -----------------------------------------------------------------------------


def _layout_of(text: str, encoding: str, name: str, *, complete: bool) -> _Layout:
    """Find out how values are separated and written.

    Every separator is tried on the first rows; the best one gives rows of equal length and cells
    that are numbers. csv.Sniffer, which pandas uses too, does not ask what is a number: in rows
    like "1,5;2,5" it finds the comma.
    """
    # The usual limit of 128 kB is less than the outline of a country in one cell.
    csv.field_size_limit(max(csv.field_size_limit(), _SAMPLE_BYTES))
    told = _TOLD.match(text)
    separators = told[1] if told else _SEPARATORS
    fits = {separator: _fit(_rows(text, separator, complete=complete)) for separator in separators}
    separator = max(fits, key=lambda separator: fits[separator])
    if not told and not fits[separator]:
        separator = ","
    above, table = _below_titles(text, separator, told=bool(told))
    n_above = sum(1 for _ in io.StringIO(text.removesuffix(table), newline=""))
    rows = _rows(table, separator, complete=complete)
    names = [cell.strip() for cell in rows[0]]
    has_names = _has_names(names, rows[1:])
    rest = rows[1:] if has_names else rows
    if not rest:
        raise ValueError(
            f"{name} has {_counted(len(names), 'name')} of columns and no rows below: upload a "
            "file with rows of numbers."
        )
    is_longer = all(len(row) == len(names) + 1 for row in rest)
    if is_longer and len(names) > 1:  # R writes no name above row names, others a last separator
        is_tail = all(not row[-1].strip() for row in rest)
        names = [*names, ""] if is_tail else ["", *names]
    lines = _reader(io.StringIO(table, newline=""), separator)
    for row in itertools.islice(filter(_is_filled, lines), len(rows)):
        if len(row) > len(names):
            raise _unequal_rows(name, n_above + lines.line_num, len(row), len(names))
    cells = itertools.chain.from_iterable(rest)
    return _Layout(encoding, separator, _decimal_of(cells, separator), names, has_names, above)


def _below_titles(text: str, separator: str, *, told: bool) -> tuple[list[int], str]:
    """Return which rows are above the table, and the text of the table.

    A title is the first cell of its row and the only one, and no number; the names of columns
    below are beside each other, and no numbers either.
    """
    lines = io.StringIO(text, newline="")
    rows = enumerate(_reader(lines, separator))
    above = [n for n, _ in itertools.islice(rows, told)]
    table_start = start = lines.tell()
    titles: list[int] = []
    for n, row in rows:
        filled = [cell for cell in row if cell.strip().lower() not in _MISSING]
        if any(map(_is_number, filled)) or (len(filled) == 1 and filled[0] != row[0]):
            break
        if len(filled) > 1:
            above, table_start = above + titles, start
            break
        if row:  # pandas leaves out blank lines itself
            titles.append(n)
        start = lines.tell()
    return above, text[table_start:]


def _reader(lines: io.StringIO, separator: str) -> Any:
    """Return a reader that splits rows as pandas does in `_read_as`."""
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _rows(text: str, separator: str, *, complete: bool) -> list[list[str]]:
    """Return the first rows that are not blank; the last row of a part of a text may be cut off."""
    reader = _reader(io.StringIO(text, newline=""), separator)
    rows = list(itertools.islice(filter(_is_filled, reader), _SAMPLE_ROWS))
    is_cut = not complete and 1 < len(rows) < _SAMPLE_ROWS
    return rows[:-1] if is_cut else rows or [[text]]


def _is_filled(row: Sequence[str]) -> bool:
    return len(row) > 1 or any(map(str.strip, row))


def _fit(rows: Sequence[Sequence[str]]) -> float:
    """Return how well a separator fits: 0 if it splits nothing."""
    width, n_equal = Counter(map(len, rows)).most_common(1)[0]
    if width == 1:
        return 0.0
    cells = list(itertools.chain.from_iterable(rows))
    n_numbers = sum(1 for cell in cells if _is_number(cell))
    return n_equal / len(rows) * (0.1 + n_numbers / len(cells))


def _is_number(cell: str) -> bool:
    return any(number.fullmatch(cell) for number in _NUMBERS.values())


def _has_names(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has names: no number, except years above other values."""
    for i, cell in enumerate(first):
        is_year = _YEAR.fullmatch(cell) and not any(
            _YEAR.fullmatch(row[i]) for row in rest if i < len(row)
        )
        if not is_year and _is_number(cell):
            return False
    return any(
        cell.lower() not in _MISSING | _INFINITE and not _YEAR.fullmatch(cell) for cell in first
    )


def _decimal_of(cells: Iterable[str], separator: str) -> str:
    """Return the decimal sign: what the numbers have most often where it is certain."""
    certain: Counter[str] = Counter()
    doubtful: Counter[str] = Counter()
    for cell in cells:
        signs = re.findall(r"[.,]", cell)
        if not signs or not _is_number(cell):
            continue
        if len({*signs}) == 2:
            certain[signs[-1]] += 1
        elif len(signs) > 1:  # groups of three digits
            certain["." if signs[0] == "," else ","] += 1
        elif re.search(r"[.,][0-9]{3}$", cell.strip()):
            doubtful[signs[0]] += 1
        else:
            certain[signs[0]] += 1
    if certain:
        return certain.most_common(1)[0][0]
    # "1,234": who separates by commas groups digits by them
    return "," if doubtful[","] > doubtful["."] and separator != "," else "."


# -- cells to a table --------------------------------------------------------------------------


def _read(content: bytes, layout: _Layout, name: str) -> tuple[Any, _Layout]:
    """Return the table and its layout, with the decimal sign that makes more columns numbers.

    The first rows need not have decimals, and "1.234" may be in thousands.
    """
    frame = _read_as(layout, content, name)
    other = layout._replace(decimal="." if layout.decimal == "," else ",")
    text = _text_columns(frame)
    if any(_as_numbers(frame[column], other.decimal) is not None for column in text):
        again = _read_as(other, content, name)
        if len(_text_columns(again)) < len(text):
            return again, other
    return frame, layout


def _read_as(layout: _Layout, content: bytes, name: str) -> Any:
    import pandas as pd

    # The C engine reads 100 MB in one to two seconds, text in five. pandas' own detection of the
    # separator needs the Python engine, which takes ten times as long.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.BytesIO(content), sep=layout.separator, decimal=layout.decimal,
                encoding=layout.encoding, encoding_errors="replace", skiprows=layout.above,
                header=0 if layout.has_names else None,
                names=range(len(layout.names)), index_col=False,
                skipinitialspace=True, low_memory=False,
            )  # fmt: skip
    except pd.errors.ParserError as error:
        raise _parser_message(name, str(error)) from None
    empty = frame.isna().all(axis=1)
    if empty.any():  # lines of separators only, as spreadsheets write them
        frame = frame[~empty].reset_index(drop=True)
    for column in _text_columns(frame):
        numbers = _as_numbers(frame[column], layout.decimal)
        if numbers is not None:
            frame[column] = numbers
    return frame


def _text_columns(frame: Any) -> list[Any]:
    from pandas.api.types import infer_dtype

    return [column for column in frame if infer_dtype(frame[column], skipna=True) == "string"]


def _as_numbers(column: Any, decimal: str) -> Any:
    """Convert text that pandas does not take for numbers, such as "1.234,5"; None if it is none."""
    import pandas as pd

    text = column[~column.isin(_NO_VALUE)].dropna()
    for some in (text.head(1000), text):  # the first ones decide it for most columns
        if some.empty or not all(map(_NUMBERS[decimal].fullmatch, some.unique().tolist())):
            return None
    plain = str.maketrans(decimal + _MINUS, ".-", _GROUPS.replace(decimal, ""))
    return pd.to_numeric(text.str.strip().str.translate(plain)).reindex(column.index)


def _name_columns(frame: Any, layout: _Layout) -> str:
    """Name the columns, each differently; return a sentence if that changed a name."""
    given = layout.names if layout.has_names else [""] * len(layout.names)
    names: dict[str, None] = {}
    repeated = ""
    for i, name in enumerate(given, 1):
        unique = name or f"column {i}"
        if unique in names:
            others = (f"{unique} ({n})" for n in itertools.count(2))
            unique = next(other for other in others if other not in names and other not in given)
            repeated = repeated or f" A second column {name!r} is called {unique!r} here."
        names[unique] = None
    frame.columns = list(names)
    return repeated


def _words_on_text(frame: Any) -> str:
    """Return a sentence on the columns that are text, if there are some."""
    text = _text_columns(frame)
    if len(text) > _MOST_NAMED:
        return f" {len(text)} columns are text."
    is_text = "Columns {} are text" if len(text) > 1 else "Column {} is text"
    return f" {is_text.format(quoted_list(text))}." if text else ""


def _check_numbers(frame: Any, name: str) -> None:
    """Raise if there is no value, no column of numbers, or an infinite number."""
    if frame.isna().all(axis=None):
        raise ValueError(
            f"{name} has {_counted(frame.shape[1], 'column')} without any value: upload a file "
            "with rows of numbers."
        )
    numbers = frame.select_dtypes(["number", "bool"])
    if numbers.isna().all(axis=None):
        if frame.shape[1] == 1:
            raise ValueError(
                f"{name} has a single column, and it is text: if there are several, separate "
                "them by commas, semicolons, tabs or vertical bars."
            )
        raise ValueError(
            f"{name} has no column of numbers, which K-means needs: all of its columns "
            f"({quoted_list(list(frame.columns), _MOST_NAMED)}) are text or empty."
        )
    for column, values in numbers.items():
        infinite = np.isinf(values.to_numpy(float))
        if infinite.any():
            raise ValueError(
                f"{name} has an infinite value in column {column!r}, row {infinite.argmax() + 1}: "
                "replace it by a number, or leave it empty."
            )


def _parser_message(name: str, message: str) -> ValueError:
    """Return one sentence for an error of pandas' parser."""
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", message):
        expected, line, seen = map(int, found.groups())
        return _unequal_rows(name, line, seen, expected)
    if found := re.search(r"inside string starting at row (\d+)", message):
        return ValueError(
            f"{name} has a quotation mark in line {int(found[1]) + 1} that is never closed: remove "
            "it, or close it."
        )
    return ValueError(f"{name} cannot be read as a table: {message}")


def _unequal_rows(name: str, line: int, seen: int, expected: int) -> ValueError:
    return ValueError(
        f"{name} has {_counted(seen, 'value')} in line {line}, but {expected} in the first row: "
        "correct it, quote text that contains a separator, or remove what is above the table."
    )


def _counted(n: int, thing: str) -> str:
    return f"{n:,} {thing}{'s' * (n != 1)}"
