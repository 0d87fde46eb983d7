"""Make texts that others wrote harmless where they are shown: terminal, csv, JSON, alerts.

Names of properties, words of the API and paths are data. Each function here returns a text that is
shown as it reads, and that nothing takes for a command.
"""

import re
from typing import TypeVar

from rich.text import Text

Cell = TypeVar("Cell")

# Control characters but for the line break, and the marks that change the direction of a line
_CONTROLS = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_SURROGATES = re.compile(r"[\ud800-\udfff]")
# What spreadsheets take for a formula, in their full-width forms too, after blanks as well
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_MENTION = re.compile(r"@(?=channel|here|everyone|all\b)", re.IGNORECASE)
_LINK = re.compile(r"\](?=\()")
_NOTHING = "\u200b"
_ESCAPE_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ESCAPE, _DELETE = 0x1F, 0x7F


def _visible(found: re.Match[str]) -> str:
    """Return a picture of the control character, or a sign in its place."""
    code = ord(found.group())
    if code <= _ESCAPE:
        return " " if found.group() in "\t\r" else chr(0x2400 + code)
    return "\u2421" if code == _DELETE else "\ufffd"


def for_terminal(value: object) -> str:
    """Return a text whose only control character is the line break."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub(_visible, str(value)))


def on_screen(value: object, style: str = "") -> Text:
    """Return the same for rich, which reads no markup, emoji code or number in it."""
    return Text(for_terminal(value), style)


def for_csv(value: Cell) -> Cell | str:
    """Return a cell that a spreadsheet takes for text, with ' before what would be a formula."""
    if not isinstance(value, str):
        return value
    is_formula = _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return for_terminal(f"'{value}" if is_formula else value)


def for_json(text: str) -> str:
    """Return the same JSON, with the control characters that JSON allows in strings escaped."""
    return _CONTROLS.sub(
        lambda found: found.group() if found.group() in "\t\r" else f"\\u{ord(found.group()):04x}",
        text,
    )


def for_alert(text: str) -> str:
    """Return a text that calls nobody and links nowhere, in Slack and chats like it."""
    escaped = for_terminal(text).translate(_ESCAPE_HTML)
    return _LINK.sub("]" + _NOTHING, _MENTION.sub("@" + _NOTHING, escaped))


def for_channel(text: str) -> str:
    """Return the same for services that escape by themselves what they would read as markup."""
    shown = for_terminal(text).replace("<", "<" + _NOTHING)
    return _LINK.sub("]" + _NOTHING, _MENTION.sub("@" + _NOTHING, shown))
