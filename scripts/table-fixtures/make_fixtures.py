"""Makes the workbooks and Parquet files of test/fixtures/tables/read, and beside each what Python reads in it (`.json`).

    pip install -r scripts/table-fixtures/requirements.txt
    python scripts/table-fixtures/make_fixtures.py

The files are committed, so that the tests need no Python.
"""
import datetime as dt
import decimal
import json
from pathlib import Path

import numpy as np
import openpyxl
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from values import text, unescape

NS = 1_000_000_000

OUT = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "tables" / "read"
WHEN = dt.datetime(2026, 1, 1)


def write_json(path: Path, content) -> None:
    path.with_name(path.name + ".json").write_text(json.dumps(content, ensure_ascii=True, indent=1) + "\n")


# --- workbooks


def openpyxl_book() -> None:
    book = openpyxl.Workbook()
    book.properties.created = book.properties.modified = WHEN
    sheet = book.active
    sheet.title = "People"
    sheet.append(["id", "about_me", "born", "seen", "works", "hours", "pay", "share", "note"])
    sheet.append([1, "Cook, ten years.", dt.date(1990, 5, 17), dt.datetime(2024, 1, 2, 3, 4, 5, 678000), True, dt.time(7, 30), 25.5, 0.125, None])
    sheet.append([2, "=1+1", dt.date(1900, 3, 1), dt.datetime(1999, 12, 31, 23, 59, 59), False, dt.timedelta(hours=38, minutes=15), -3, 1, "two\nlines\tand a tab"])
    sheet["B3"].data_type = "s"
    sheet.append(["003", "ünï 😀 & <b>", None, None, None, None, 1e-7, 12345678901234, "  blanks  "])
    sheet.append([])
    sheet.append([5, CellRichText("plain, ", TextBlock(InlineFont(b=True), "bold"), ", plain"), None, None, None, None, None, None, "#N/A"])
    sheet.append([6, None, None, None, None, None, 0.1 + 0.2, None, "TRUE"])
    for row in range(2, 8):
        sheet.cell(row, 7).number_format = '"$"#,##0.00'
        sheet.cell(row, 8).number_format = "0.0%"
    sheet.merge_cells("I3:J3")
    sheet.append([None] * 9)
    book.create_sheet("Empty")
    other = book.create_sheet("Other things")
    other["B2"], other["C2"], other["B3"], other["C3"] = "name", "about_me", "x", "from another sheet"
    book.save(OUT / "openpyxl.xlsx")


def xlsxwriter_book() -> None:
    with xlsxwriter.Workbook(OUT / "xlsxwriter.xlsx", {"default_date_format": "dd/mm/yyyy"}) as book:
        book.set_properties({"created": WHEN})
        hidden = book.add_worksheet("Hidden")
        hidden.write(0, 0, "hidden")
        sheet = book.add_worksheet("Sheet & co")
        sheet.activate()
        sheet.set_first_sheet()
        hidden.hide()
        for column, name in enumerate(["id", "about_me", "sum", "when", "label", "link"]):
            sheet.write(2, column, name)
        for row in range(3, 9):
            sheet.write_number(row, 0, row)
            sheet.write_string(row, 1, f"text {row % 3} \x01\x1f _x41_")
            sheet.write_formula(row, 2, f"=A{row + 1}*2", None, row * 2)
            sheet.write_datetime(row, 3, dt.datetime(2020, 2, 29 - row, 12, row))
            sheet.write_formula(row, 4, f'="n" & A{row + 1}', None, f"n{row}")
            if row < 8:
                sheet.write_url(row, 5, "https://example.org/", string="a link")
        sheet.write_formula(6, 2, "=1/0", None, "#DIV/0!")
        sheet.write_formula(7, 2, "=A1=A2", None, True)
        sheet.write_boolean(8, 2, False)
        sheet.merge_range(8, 4, 8, 5, "merged")


def from_1904() -> None:
    with xlsxwriter.Workbook(OUT / "date1904.xlsx", {"date_1904": True, "constant_memory": True}) as book:
        book.set_properties({"created": WHEN})
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "d mmm yyyy"})
        clock = book.add_format({"num_format": "hh:mm"})
        sheet.write_row(0, 0, ["about_me", "day", "clock"])
        sheet.write_string(1, 0, "inline, as memory is constant")
        sheet.write_datetime(1, 1, dt.date(2001, 9, 9), day)
        sheet.write_datetime(1, 2, dt.time(18, 45), clock)


def workbook_json(path: Path) -> dict:
    book = openpyxl.load_workbook(path, data_only=True, rich_text=False)
    sheets = {}
    for sheet in book.worksheets:
        rows = []
        for row in sheet.iter_rows():
            cells = []
            for cell in row:
                value = cell.value
                # A date without a time is a datetime to openpyxl.
                if isinstance(value, dt.datetime) and value.time() == dt.time() and not any(c in cell.number_format for c in "hs"):
                    value = value.date()
                cells.append(unescape(value) if isinstance(value, str) else value)
            if any(value is not None for value in cells):
                rows.append({"line": row[0].row, "cells": [text(value) for value in cells]})
        sheets[sheet.title] = rows
    return sheets


# --- Parquet


def people() -> pa.Table:
    rows = 25
    return pa.table(
        {
            "id": pa.array([(1 << 60) + i if i % 5 else None for i in range(rows)], pa.int64()),
            "about_me": pa.array([f"text {i} ü😀" if i % 4 else (None if i % 8 else "") for i in range(rows)]),
            "flag": pa.array(["good", "bad"] * 12 + ["good"]),
            "score": pa.array([i / 7 if i % 6 else None for i in range(rows)], pa.float64()),
            "works": pa.array([i % 2 == 0 if i % 3 else None for i in range(rows)]),
        }
    )


def types() -> pa.Table:
    d = decimal.Decimal
    utc = dt.timezone.utc
    columns = {
        "about_me": pa.array(["one", None, "three"]),
        "i8": pa.array([-128, None, 127], pa.int8()),
        "u8": pa.array([0, None, 255], pa.uint8()),
        "i16": pa.array([-32768, None, 32767], pa.int16()),
        "u16": pa.array([0, None, 65535], pa.uint16()),
        "i32": pa.array([-(2**31), None, 2**31 - 1], pa.int32()),
        "u32": pa.array([0, None, 2**32 - 1], pa.uint32()),
        "i64": pa.array([-(2**63), None, 2**63 - 1], pa.int64()),
        "u64": pa.array([0, None, 2**64 - 1], pa.uint64()),
        "f16": pa.array(np.array([1.5, -0.25, 65504], np.float16)),
        "f32": pa.array([0.1, None, -2.5], pa.float32()),
        "f64": pa.array([0.1 + 0.2, float("nan"), float("-inf")], pa.float64()),
        "bool": pa.array([True, None, False]),
        "date": pa.array([dt.date(1969, 12, 31), None, dt.date(2024, 2, 29)]),
        "time_ms": pa.array([dt.time(1, 2, 3, 4000), None, dt.time(23, 59, 59)], pa.time32("ms")),
        "time_us": pa.array([dt.time(1, 2, 3, 4), None, dt.time()], pa.time64("us")),
        "ts_ms": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, 6000), None, dt.datetime(1950, 1, 1)], pa.timestamp("ms")),
        "ts_us": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, 6), None, dt.datetime(1969, 12, 31, 23, 59, 59, 999999)], pa.timestamp("us")),
        "ts_ns": pa.array([1_700_000_000 * NS + 1, None, -1], pa.timestamp("ns")),
        "ts_utc": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5, tzinfo=utc), None, dt.datetime(1, 1, 1, tzinfo=utc)], pa.timestamp("us", "UTC")),
        "dec9": pa.array([d("1.20"), None, d("-1234567.89")], pa.decimal128(9, 2)),
        "dec18": pa.array([d("0.000001"), None, d("-999999999999.999999")], pa.decimal128(18, 6)),
        "dec38": pa.array([d("12345678901234567890123456789012345678"), None, d(-1)], pa.decimal128(38, 0)),
        "bytes": pa.array([b"\xff\x00", None, b"\xfe text"], pa.binary()),
        "fixed": pa.array([b"\x01\x02\x03", None, b"abc"], pa.binary(3)),
        "nothing": pa.array([None, None, None], pa.null()),
        "not_null": pa.array([1, 2, 3], pa.int32()),
        "a.b": pa.array(["dot", None, "in the name"]),
        "__proto__": pa.array(["x", None, "y"]),
    }
    fields = [pa.field(name, array.type, nullable=name != "not_null") for name, array in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def nested() -> pa.Table:
    text_, long = pa.string(), pa.int64()
    return pa.table(
        {
            "about_me": pa.array(["a", "b", "c", "d", "e"]),
            "list": pa.array([[1, 2], [], None, [None, 3], [2**60]], pa.list_(long)),
            "list_list": pa.array([[[1], [], None, [2, None]], [], None, [None], [[3]]], pa.list_(pa.list_(pa.int32()))),
            "struct": pa.array(
                [{"a": 1, "b": "x"}, None, {"a": None, "b": None}, {"a": 2, "b": None}, {"a": None, "b": "\"y\" ü"}],
                pa.struct([("a", long), ("b", text_)]),
            ),
            "list_struct": pa.array(
                [[{"a": 1, "b": ["p", None]}, None, {"a": None, "b": None}], [], None, [{"a": 2, "b": []}], [None]],
                pa.list_(pa.struct([("a", long), ("b", pa.list_(text_))])),
            ),
            "struct_list": pa.array(
                [{"x": [1, 2], "y": {"z": None}}, None, {"x": None, "y": None}, {"x": [], "y": {"z": 1}}, {"x": [None], "y": None}],
                pa.struct([("x", pa.list_(pa.int32())), ("y", pa.struct([("z", pa.int32())]))]),
            ),
            "map": pa.array(
                [[("a", 1), ("b", None)], [], None, [("__proto__", 3)], [("1", 1), ("0", 2), ("1", 3)]], pa.map_(text_, long)
            ),
            "map_int": pa.array([[(1, "a"), (0, None)], [], None, [(2, "c")], [(5, "x")]], pa.map_(pa.int32(), text_)),
            "list_map": pa.array([[[("k", 1)], None, [("l", 2)]], None, [], [None], [[("q", None)]]], pa.list_(pa.map_(text_, long))),
            "moments": pa.array(
                [[dt.date(2024, 1, 1)], [], None, [None], [dt.date(1960, 6, 1)]], pa.list_(pa.date32())
            ),
            "decimals": pa.array(
                [{"d": decimal.Decimal("1.10")}, None, {"d": None}, {"d": decimal.Decimal("-0.01")}, None],
                pa.struct([("d", pa.decimal128(20, 2))]),
            ),
        }
    )


def parquet_files() -> None:
    for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
        pq.write_table(people(), OUT / f"people-{codec}.parquet", compression=codec, row_group_size=10)
    pq.write_table(people(), OUT / "people-pages.parquet", data_page_version="2.0", use_dictionary=False, write_batch_size=4, data_page_size=64)
    encodings = {"id": "DELTA_BINARY_PACKED", "about_me": "DELTA_BYTE_ARRAY", "flag": "DELTA_LENGTH_BYTE_ARRAY", "score": "BYTE_STREAM_SPLIT"}
    pq.write_table(people(), OUT / "people-encodings.parquet", use_dictionary=False, column_encoding=encodings)
    polars.from_arrow(people()).write_parquet(OUT / "people-polars.parquet", row_group_size=8)
    pq.write_table(people().slice(0, 0), OUT / "no-rows.parquet")
    pq.write_table(types(), OUT / "types.parquet", version="2.6")
    pq.write_table(nested(), OUT / "nested.parquet")
    pq.write_table(nested(), OUT / "nested-v2.parquet", data_page_version="2.0", row_group_size=2, compression="zstd")
    moments = pa.array([1_700_000_000 * NS + 5000, None, -1000], pa.timestamp("ns"))
    legacy = pa.table({"about_me": ["x", "y", "z"], "seen": moments})
    pq.write_table(legacy, OUT / "int96.parquet", use_deprecated_int96_timestamps=True)


def parquet_json(path: Path) -> dict:
    table = pq.ParquetFile(path).read()
    columns = {}
    for name in table.column_names:
        column = table[name]
        if column.type == pa.timestamp("ns"):
            columns[name] = [nanosecond_text(value) for value in column.cast(pa.int64()).to_pylist()]
        elif column.type == pa.float32():
            columns[name] = ["" if value is None else str(np.float32(value)).removesuffix(".0") for value in column.to_pylist()]
        else:
            # An empty map is an empty list to Python.
            empty = {} if pa.types.is_map(column.type) else []
            columns[name] = [text(empty if value == [] else value) for value in column.to_pylist()]
    types_ = {field.name: str(field.type).replace("large_", "") for field in table.schema}
    return {"types": types_, "columns": columns}


def nanosecond_text(value) -> str:
    if value is None:
        return ""
    second = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=value // NS)
    rest = f"{value % NS:09d}".rstrip("0")
    return second.isoformat() + (f".{rest}" if rest else "")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    openpyxl_book()
    xlsxwriter_book()
    from_1904()
    parquet_files()
    for path in sorted(OUT.glob("*.xlsx")):
        write_json(path, workbook_json(path))
    for path in sorted(OUT.glob("*.parquet")):
        write_json(path, parquet_json(path))
