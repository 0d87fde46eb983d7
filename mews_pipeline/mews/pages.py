"""A page of records: parsed, or decoded into objects and parsed only where records are wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import Any, overload

import orjson

Record = dict[str, Any]

_ID = attrgetter("Id")


@dataclass(frozen=True, repr=False)
class Decoded:
    """A page whose records all have the documented form: an object with attributes for each."""

    records: Sequence[Any]
    cursor: str | None


# Decodes a body, or returns None where it has not the documented form in every detail
Decode = Callable[[bytes], Decoded | None]


@dataclass(frozen=True, repr=False)
class Page:
    """One response of a paged operation.

    `content` is the body as received (for a 204, which has none: an object with an empty list),
    `records` its parsed records, `cursor` the cursor of the next page (None: there is none),
    `server_time` Mews' clock when it responded (`Date` header; without one, this machine's),
    `replaced_characters` how many characters were none and became U+FFFD, `decoded` the same
    records as objects, where the client decodes this operation and they have the documented form.
    """

    content: bytes
    records: Sequence[Record]
    cursor: str | None
    server_time: datetime
    replaced_characters: int = 0
    decoded: Sequence[Any] | None = None

    @property
    def ids(self) -> list[str]:
        """The Id of each record, or what it says where it has none."""
        if self.decoded is not None:
            return list(map(_ID, self.decoded))
        return [str(record.get("Id") or record) for record in self.records]

    def __repr__(self) -> str:
        """Return sizes only: records hold personal data."""
        return f"Page({len(self.records)} records, {len(self.content)} bytes)"


class ParsedLater(Sequence[Record]):
    """The records of a body of which only their number is known: parsed when one is wanted."""

    def __init__(self, content: bytes, key: str, size: int) -> None:
        self._content, self._key, self._size = content, key, size

    def __len__(self) -> int:
        """Return the known number."""
        return self._size

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        """Return one or several of them."""
        return self._records[at]

    @cached_property
    def _records(self) -> list[Record]:
        records: list[Record] = orjson.loads(self._content)[self._key]
        return records
