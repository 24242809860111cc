"""Reads the tables that this project wrote into test/fixtures/tables/written with openpyxl and pyarrow, and puts what they
hold beside each (`.json`); fails where a column of the input has another type or value than in the file it came from.

    UPDATE_WRITTEN_TABLES=1 npx vitest run --config test/vitest.config.ts test/table/written-tables.test.ts
    python scripts/table-fixtures/read_back.py
"""
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from make_fixtures import parquet_json, workbook_json, write_json
from values import unescape

TABLES = Path(__file__).resolve().parents[2] / "test" / "fixtures" / "tables"


def check_parquet(written: Path, given: Path) -> None:
    before, after = pq.ParquetFile(given).read(), pq.ParquetFile(written).read()
    for field in before.schema:
        old, new = before[field.name], after[field.name]
        # An INT96 comes back as a timestamp in microseconds.
        if "int96" in given.name and field.name == "seen":
            old = old.cast(new.type)
        # How large its parts may be in memory is Arrow's own affair, which Parquet does not have.
        elif str(after.schema.field(field.name)) != str(field).replace("large_", ""):
            raise SystemExit(f"{written.name}: {field} became {after.schema.field(field.name)}")
        if old.type == pa.timestamp("ns"):
            old, new = old.cast(pa.int64()), new.cast(pa.int64())
        # Not a number equals nothing, not even itself.
        if repr(old.to_pylist()) != repr(new.to_pylist()):
            raise SystemExit(f"{written.name}: {field.name} has other values")


def check_workbook(written: Path, given: Path) -> None:
    before, after = openpyxl.load_workbook(given, data_only=True), openpyxl.load_workbook(written)
    sheet = after.active
    old = [row for row in before[sheet.title].iter_rows() if any(cell.value is not None for cell in row)]
    for old_row, new_row in zip(old, sheet.iter_rows(), strict=True):
        for a, b in zip(old_row, new_row):
            values = [unescape(c.value) if isinstance(c.value, str) else c.value for c in (a, b)]
            same = values[0] == values[1] and (a.number_format == b.number_format or a.value is None or not isinstance(a.value, (int, float)))
            if a.row > old[0][0].row and not same and a.column < 10:
                raise SystemExit(f"{written.name}: {b.coordinate} became {b.value!r} from {a.value!r}")


if __name__ == "__main__":
    for path in sorted((TABLES / "written").glob("*.parquet")):
        if (TABLES / "read" / path.name).exists():
            check_parquet(path, TABLES / "read" / path.name)
        write_json(path, parquet_json(path))
    for path in sorted((TABLES / "written").glob("*.xlsx")):
        if (TABLES / "read" / path.name).exists():
            check_workbook(path, TABLES / "read" / path.name)
        write_json(path, workbook_json(path))
