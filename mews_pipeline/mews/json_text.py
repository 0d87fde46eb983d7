"""Read the JSON of a response: fast where it is as it should be, tolerant where it nearly is.

A byte order mark, control characters inside texts and characters that are none must not keep out
the records around them (docs/mews-api.md, "Responses and errors").
"""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

REPLACEMENT = "\ufffd"
_WIDEST = 2**64
_WIDEST_NEGATIVE = -(2**63)
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Parsed:
    """What was read, and how many characters were replaced by U+FFFD because they were none."""

    value: Any
    replaced_characters: int = 0


@dataclass(frozen=True)
class Unreadable:
    """Why a text cannot be read: at which character, in which record, or that it is cut off.

    `record` is the position of the record in its list, counted from 1; None outside the list.
    """

    character: int
    record: int | None
    is_cut_off: bool


def parse(content: bytes, list_key: str | None = None) -> Parsed | Unreadable:
    """Parse a body. `list_key` names the list whose records an error counts.

    Returns what is wrong, for the caller to raise: an exception keeps the variables of the
    functions that it was raised in, and these hold records.
    """
    try:
        return Parsed(orjson.loads(content))
    except orjson.JSONDecodeError:
        pass
    text, replaced = _text(content)
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        # Of a number that is none, or of texts nested too deep, only the record is known
        is_syntax = isinstance(error, json.JSONDecodeError)
        position = error.pos if isinstance(error, json.JSONDecodeError) else len(text)
    else:
        value, lone = _without_surrogates(value) if _may_have_surrogates(text) else (value, 0)
        return Parsed(value, replaced + lone)
    is_whole = text[position:].strip() and text.rstrip().endswith(("}", "]"))
    is_cut_off = is_syntax and not is_whole
    return Unreadable(position, _record_at(text, position, list_key), is_cut_off)


def _text(content: bytes) -> tuple[str, int]:
    """Return the body as text without byte order mark, and how many characters were replaced."""
    encoding = json.detect_encoding(content)
    text = content.decode(encoding, "replace").removeprefix("\ufeff")
    genuine = content.count(REPLACEMENT.encode(encoding.removesuffix("-sig")))
    return text, max(0, text.count(REPLACEMENT) - genuine)


def _integer(digits: str) -> int | float:
    """Return an integer as orjson does: a float where it is wider than 64 bits."""
    if len(digits) > len(str(_WIDEST)):
        return float(digits)
    number = int(digits)
    return number if _WIDEST_NEGATIVE <= number < _WIDEST else float(number)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


# Not strict: control characters inside texts are kept
_DECODER = json.JSONDecoder(strict=False, parse_int=_integer, parse_constant=_refuse)


def _may_have_surrogates(text: str) -> bool:
    return "\\ud" in text or "\\uD" in text


def _without_surrogates(value: Any) -> tuple[Any, int]:
    """Return the value with lone surrogates replaced, and their number."""
    if isinstance(value, str):
        return _SURROGATE.subn(REPLACEMENT, value)
    if isinstance(value, list):
        items = [_without_surrogates(item) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    if isinstance(value, dict):
        pairs = [(_without_surrogates(k), _without_surrogates(v)) for k, v in value.items()]
        found = {key: item for (key, _), (item, _) in pairs}
        return found, sum(in_key + in_item for (_, in_key), (_, in_item) in pairs)
    return value, 0


def _record_at(text: str, position: int, list_key: str | None) -> int | None:
    """Return which record of the list the character belongs to, counted from 1."""
    opened = re.search(rf'"{re.escape(list_key)}"\s*:\s*\[', text) if list_key else None
    if opened is None or opened.end() > position:
        return None
    number, at = 1, opened.end()
    while True:
        at = _after_space(text, at)
        try:
            _, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return number
        at = _after_space(text, at)
        if text[at : at + 1] != ",":
            return number if at >= position else None
        number, at = number + 1, at + 1


def _after_space(text: str, at: int) -> int:
    found = re.compile(r"\s*").match(text, at)
    return found.end() if found else at
