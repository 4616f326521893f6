"""Delimited text: what is found out about it, and what is said about files that are none."""

import csv
import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmeans_widget.app import delimited
from kmeans_widget.app.delimited import read_delimited

PACKED = gzip.compress(b"a,b\n1,2\n", mtime=0)  # the same in every process
CUT, TWICE = PACKED[:-4], gzip.compress(PACKED, mtime=0)


def read(text, encoding="utf-8", name="a.csv"):
    return read_delimited(text.encode(encoding), name)


@pytest.mark.parametrize(
    ("text", "found", "values"),
    [
        ("a,b\n1,2\n3,4\n", "2 rows, 2 columns, separated by commas, UTF-8", [[1, 3], [2, 4]]),
        ("a|b\n1|2.5\n", "1 row, 2 columns, separated by vertical bars, UTF-8", [[1], [2.5]]),
        ("a\tb\r1,5\t2\r",
         "1 row, 2 columns, separated by tabs, decimal commas, UTF-8", [[1.5], [2]]),
        ("1,5;2,5\n2,5;3,5\n",
         "2 rows, 2 columns, separated by semicolons, decimal commas, without column names, UTF-8",
         [[1.5, 2.5], [2.5, 3.5]]),
        ('"a","b"\n"1,5","2"\n',
         "1 row, 2 columns, separated by commas, decimal commas, UTF-8", [[1.5], [2]]),
        ("height\n1\n2\n", "2 rows, 1 column, UTF-8", [[1, 2]]),
        ("a;2019;2020\nx;1;2\n",
         "1 row, 3 columns, separated by semicolons, UTF-8. Column 'a' is text",
         [["x"], [1], [2]]),
        ("a;b;c\n5 €;5%;1\n",
         "1 row, 3 columns, separated by semicolons, UTF-8. Columns 'a', 'b' are text",
         [["5 €"], ["5%"], [1]]),
        ("a,b,c,d,e,f,g\nu,v,w,x,y,z,1\n",
         "1 row, 7 columns, separated by commas, UTF-8. 6 columns are text",
         [["u"], ["v"], ["w"], ["x"], ["y"], ["z"], [1]]),
    ],
)  # fmt: skip
def test_the_layout_is_found_out(text, found, values):
    table = read(text)
    assert table.words == f"a.csv: {found}."
    assert [table.frame[column].to_list() for column in table.frame] == values


@pytest.mark.parametrize(
    ("encoding", "called"),
    [
        ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"), ("utf-32", "UTF-32"), ("utf-32-be", "UTF-32"),
        ("cp1252", "Windows-1252"),
    ],
)  # fmt: skip
def test_the_encoding_is_found_out(encoding, called):
    mark = "\ufeff" if encoding == "utf-32-be" else ""
    table = read(f"{mark}größe,n\n1,2\n", encoding)
    assert table.words.endswith(f", {called}.")
    assert table.frame.columns.to_list() == ["größe", "n"]


@pytest.mark.parametrize(
    ("text", "columns", "index"),
    [
        (",a,b\nx,1,2\ny,3,4\n", ["a", "b"], ["x", "y"]),  # as pandas writes it
        ("a\tb\nx\t1\t2\ny\t3\t4\n", ["a", "b"], ["x", "y"]),  # as R writes it
        ("a;b;\n1;2;\n;;\n3;4;\n", ["a", "b"], [0, 1]),  # as spreadsheets write it
        ("a;b\n1;2;\n3;4;\n", ["a", "b"], [0, 1]),
        ("a,b\n1,2\n3\n", ["a", "b"], [0, 1]),  # a missing value
        ('a, b\n1, "x, y"\n', ["a", "b"], [0]),
    ],
)
def test_the_habits_of_programs_are_known(text, columns, index):
    frame = read(text).frame
    assert (frame.columns.to_list(), frame.index.to_list()) == (columns, index)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("lines", "columns", "n_above"),
    [
        (["sep=;", "a;b", "1;2"], {"a": [1], "b": [2]}, 1),  # as Excel reads it
        (["SEP=;", "a", "1"], {"a": [1]}, 1),
        (["sep=,", "1,2"], {"column 1": [1], "column 2": [2]}, 1),
        (["My table,", "a,b", "1,2"], {"a": [1], "b": [2]}, 1),
        (["sep=;", "My table, 2024", "", ";;", "a;b;c", "1;2;3"],
         {"a": [1], "b": [2], "c": [3]}, 3),
        (["a,", "-,NA", "1,2"], {"a": [None, 1], "column 2": [None, 2]}, 0),
    ],
)  # fmt: skip
def test_what_is_above_the_table_is_left_out(lines, columns, n_above, end):
    table = read(end.join(lines))
    frame = table.frame.astype(object).where(table.frame.notna(), None)
    assert frame.to_dict("list") == columns
    said = f" Left out: {n_above} line{'s' * (n_above > 1)} above the table."
    assert table.words.endswith(said) == (n_above > 0)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a;b\n1.234,5;x\n2.345.678;y\n", [1234.5, 2345678.0]),
        ('a,b\n"1,234.5",x\n"2,345,678",y\n', [1234.5, 2345678.0]),
        ("a;b\n1 234,5;x\n7;y\n", [1234.5, 7.0]),
        ('a,b\n"1,234",x\n"5,678",y\n', [1234, 5678]),
        ("a,b\n\N{MINUS SIGN}1,x\n2e\N{MINUS SIGN}3,y\n", [-1, 2e-3]),
        ("a,b\n1\N{IDEOGRAPHIC SPACE},x\n2\t,y\n", [1, 2]),
        ("a,b\n-,x\n?,y\n3,z\n", [None, None, 3]),
    ],
)
def test_numbers_that_pandas_does_not_know_are_numbers(text, values):
    frame = read(text).frame
    assert frame["a"].astype(object).where(frame["a"].notna(), None).to_list() == values
    assert frame["a"].dtype.kind in "if"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a,b\n-,1\n+,2\n", ["-", "+"]),  # not missing: the column has no numbers
        ("a,b\n١,1\n２,2\n", ["١", "２"]),
        ("a;b\n1,5;1\n1,234.567;2\n", ["1,5", "1,234.567"]),
        ("a;b;c\n1,5;1.5;3.5\n2,5;2.5;4.5\n", ["1,5", "2,5"]),  # a table has one decimal sign
    ],
)
def test_what_is_no_number_stays_text(text, values):
    assert read(text).frame["a"].to_list() == values


@pytest.mark.parametrize(
    ("first", "last", "values"),
    [
        ("1;2;x\n", "1,5;2,5;x\n", [(1, 2, "x"), (1.5, 2.5, "x")]),
        ("1.234;2.345;x\n", "1.234,5;2;x\n", [(1234, 2345, "x"), (1234.5, 2, "x")]),
    ],
)
def test_decimals_may_begin_late(first, last, values):
    table = read(f"a;b;c\n{1200 * first}{last}")
    assert [*table.frame.iloc[[0, -1]].itertuples(index=False, name=None)] == values
    assert "decimal commas" in table.words


def test_values_that_are_neither_text_nor_usual_numbers_are_kept():
    frame = read(f"a;b;c\nTrue;{10**30};1\n;3;2\nFalse;;3\n").frame
    assert frame["a"].dropna().to_list() == [True, False]
    assert frame["b"].dropna().to_list() == [10**30, 3]


def test_a_long_text_is_a_cell():
    outline = 40_000 * "1 2, "
    assert read(f'a;b\n1;"{outline}"\n2;\n').frame["b"][0] == outline


def test_dates_are_no_groups_of_digits():
    frame = read("a;b;c\n1.234,5;01.02.2024;2\n").frame
    assert frame["b"].to_list() == ["01.02.2024"]


def test_columns_of_the_same_name_are_told_apart():
    table = read("a,a,a (2),<b>\n1,2,3,4\n")
    assert table.frame.columns.to_list() == ["a", "a (3)", "a (2)", "<b>"]
    assert table.words.endswith(" A second column 'a' is called 'a (3)' here.")


def test_a_compressed_file_is_read():
    assert read_delimited(PACKED, "a.csv.gz").frame.shape == (1, 2)


def archive(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name in names:
            zipped.writestr(name, "<x/>")
    return file.getvalue()


UNEQUAL = "a.csv has 3 values in line {}, but 2 in the first row: correct it"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "a.csv is empty: upload"),
        ("\ufeff".encode(), "a.csv is empty: upload"),
        (b" \n\n", "a.csv is empty: upload"),
        (b"a,b,c\n", "a.csv has 3 names of columns and no rows below: upload"),
        (archive("xl/workbook.xml"), "a.csv is an Excel workbook, not a CSV file: save it as CSV"),
        (archive("a.csv"), "a.csv is a ZIP archive, not a CSV file: unpack it"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a.csv is a PNG picture, not a CSV file: upload a table"),
        (b"%PDF-1.7\n", "a.csv is a PDF document, not a CSV file: upload a table"),
        (rb"{\rtf1}", "a.csv is an RTF document, not a CSV file: upload a table"),
        (b"\x28\xb5\x2f\xfd\0", "a.csv is compressed by Zstandard, not a CSV file: unpack it"),
        (b"BZh91AY&SY", "a.csv is compressed by bzip2, not a CSV file: unpack it"),
        (b"\xfd7zXZ\0", "a.csv is compressed by xz, not a CSV file: unpack it"),
        (TWICE, "a.csv is compressed by gzip twice, not a CSV file: unpack it"),
        (b"\x01\x02,\x03\n", "a.csv is not text, so it cannot be a CSV file: save it as CSV"),
        (b"<!DOCTYPE html><p>1,2", "a.csv is a web page or XML, not a CSV file: save it as CSV"),
        (b'[{"a": 1, "b": 2}]', "a.csv is JSON, not a CSV file: save it as CSV"),
        (b"a b\n1 2\n3 4\n", "a.csv has a single column, and it is text: if"),
        (b"a,b\n,\n,\n", "a.csv has 2 columns without any value: upload"),
        (b"a,b\nx,\ny,\n", "a.csv has no column of numbers, which K-means needs: all"),
        (b"a,b\nx,y\nz,w\n", "a.csv has no column of numbers, which K-means needs: all"),
        (b"a,b\n1,2\n\n3,4,5\n", UNEQUAL.format(4)),
        (b"a,b\n" + 300 * b"1,2\n" + b"3,4,5\n", UNEQUAL.format(302)),
        (b"title\n\n1,2\n3,4\n", "a.csv has 2 values in line 3, but 1 in the first row: c"),
        (b"a,b\n\n\n1,2,3,4\n", "a.csv has 4 values in line 4, but 2 in the first row: c"),
        (b"title\n\n1,2,3\n4,5,6\n", "a.csv has 3 values in line 3, but 1 in the first row: c"),
        (b'"two\nlines"\n\na,b\n1,2\n3,4,5\n', UNEQUAL.format(6)),
        (b"title\na,b\n" + 300 * b"1,2\n" + b"3,4,5\n", UNEQUAL.format(303)),
        (b'a,b\n1,"x\n2,3\n', "a.csv has a quotation mark in line 2 that is never closed: remove"),
        (b"a,b\n1,2\n3,-inf\n", "a.csv has an infinite value in column 'b', row 2: replace it"),
        (CUT, "a.csv is damaged, its compressed data end too early"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_in_one_sentence(content, says):
    with pytest.raises(ValueError, match=r"^a\.csv") as refused:
        read_delimited(content, "a.csv")
    message = str(refused.value)
    assert message.startswith(says)
    assert message.endswith(".")
    assert "\n" not in message


def test_a_small_file_that_expands_to_a_large_one_is_refused(monkeypatch):
    monkeypatch.setattr(delimited, "MAX_BYTES", 1_000_000)
    with pytest.raises(ValueError, match="has more than 1 MB"):
        read_delimited(gzip.compress(b"a,b\n" + 500_000 * b"1,2\n", mtime=0), "a.csv.gz")


WORDS = st.text("abxäéñ ;,|\t\"'", max_size=6).map(lambda word: f"x{word}x")
NUMBERS = st.integers(-(10**6), 10**6).map(lambda cents: cents / 100)


@given(
    rows=st.lists(st.tuples(NUMBERS, WORDS, NUMBERS, st.integers(0, 99)), min_size=2, max_size=20),
    names=st.one_of(st.none(), st.lists(WORDS, min_size=4, max_size=4, unique=True)),
    dialect=st.tuples(
        st.sampled_from(";,|\t"), st.sampled_from(".,"), st.sampled_from(["\n", "\r\n", "\r"]),
        st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
)  # fmt: skip
def test_a_table_is_read_as_it_was_written(rows, names, dialect, encoding):
    separator, decimal, end, quoting = dialect
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=separator, lineterminator=end, quoting=quoting)
    if names:
        writer.writerow(names)
    for one, word, other, count in rows:
        writer.writerow(
            [f"{one:.2f}".replace(".", decimal), word, f"{other:.2f}".replace(".", decimal), count]
        )
    frame = read(file.getvalue(), encoding).frame
    assert frame.columns.to_list() == (names or [f"column {i}" for i in range(1, 5)])
    assert [tuple(row) for row in frame.itertuples(index=False)] == rows
