"""Write JSON: fast, and slower where a value is nested deeper than the fast way can."""

import json
from typing import Any

import orjson


def dumps(value: Any, *, sort_keys: bool = False) -> bytes:
    """Return the value as JSON without spaces. Raises RecursionError beyond a depth of about 900.

    orjson writes 254 levels, but reads 1,024.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else 0)
    except orjson.JSONEncodeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode()
