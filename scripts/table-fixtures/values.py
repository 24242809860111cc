"""How a value that Python reads is put down as text and JSON, by the rules that README.md gives for cells."""
import base64
import datetime as dt
import decimal
import json
import re
import uuid

import numpy as np


def fraction(nanoseconds: int) -> str:
    text = f"{nanoseconds:09d}".rstrip("0")
    return f".{text}" if text else ""


def moment_text(value) -> str:
    if isinstance(value, dt.datetime):
        zone = "Z" if value.tzinfo is not None else ""
        return value.replace(microsecond=0, tzinfo=None).isoformat() + fraction(value.microsecond * 1000) + zone
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S") + fraction(value.microsecond * 1000)
    seconds = value.total_seconds()
    return f"{int(seconds // 3600):02d}:{int(seconds // 60) % 60:02d}:{int(seconds) % 60:02d}"


def json_text(value) -> str:
    """JSON as JavaScript writes it: no blanks, no escapes beyond what is needed."""
    if isinstance(value, list) and value and all(isinstance(each, tuple) and len(each) == 2 for each in value):
        names = [name for name, _ in value]
        if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
            return "{" + ",".join(f"{json_text(name)}:{json_text(each)}" for name, each in value) + "}"
        return "[" + ",".join(f"[{json_text(name)},{json_text(each)}]" for name, each in value) + "]"
    if isinstance(value, (list, np.ndarray)):
        return "[" + ",".join(json_text(each) for each in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_text(name)}:{json_text(each)}" for name, each in value.items()) + "}"
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return number_text(value)
    return json.dumps(value if isinstance(value, str) else moment_text(value), ensure_ascii=False)


def number_text(value) -> str:
    """As JavaScript prints numbers of ordinary size."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    if 1e-6 <= abs(value) < 1e-4:
        return format(decimal.Decimal(repr(float(value))), "f")
    return re.sub(r"e([+-])0", r"e\1", repr(float(value)))


def unescape(value: str) -> str:
    """The characters behind `_xHHHH_`, which openpyxl leaves as they stand."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), value)


def text(value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (list, dict)):
        return json_text(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (dt.date, dt.time, dt.timedelta)):
        return moment_text(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    return str(value)
