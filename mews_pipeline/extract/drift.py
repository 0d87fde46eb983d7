"""What the vendor sends that its documents do not name: new fields and new enum values.

The API grows overnight (MEWS.md 4, "New enum values", "Undocumented fields"); nothing of it may
fail a day or be lost, and somebody must get to know.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson

from mews_pipeline.extract.entities import Entity, Known
from mews_pipeline.mews import Record


@dataclass
class Drift:
    """Counts of unknown fields (by their path) and unknown enum values (as `Path=value`)."""

    fields: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)

    def update(self, other: "Drift") -> None:
        """Add the counts of another page."""
        self.fields.update(other.fields)
        self.values.update(other.values)

    def see_values(self, entity: Entity, path: str, values: Sequence[str | None]) -> None:
        """Count the values that the vendor does not document for this enum."""
        documented = (entity.enums or {})[path]
        unknown = set(values) - documented - {None}
        if unknown:
            self.values.update(f"{path}={value}" for value in values if value in unknown)

    def see_fields(self, entity: Entity, records: Sequence[Record]) -> list[str | None]:
        """Give each record its unknown fields as JSON text (null where none), and count them."""
        if _all_known(records, entity.known):
            return [None] * len(records)
        extras: list[str | None] = []
        for record in records:
            unknown = _unknown(record, entity.known, "", self.fields)
            extras.append(orjson.dumps(unknown).decode() if unknown else None)
        return extras


def _all_known(values: Sequence[Any], known: Known) -> bool:
    """Whether no object among the values has a name that is not known.

    That is the rule, so a whole page is looked at at once, of lists their items; what is neither
    object nor list has no names. False as well where it would take a closer look.
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds == {list}:
        return _all_known(list(chain.from_iterable(filter(None, values))), known)
    if kinds != {dict}:
        return kinds.isdisjoint({dict, list})
    return set().union(*filter(None, values)) <= known.names and all(
        _all_known([value.get(name) for value in values if value], below)
        for name, below in known.nested.items()
    )


def _unknown(record: Record, known: Known, path: str, seen: Counter[str]) -> Record:
    unknown: Record = {}
    for name, below in known.nested.items():
        if part := _unknown_below(record.get(name), below, f"{path}{name}.", seen):
            unknown[name] = part
    if not record.keys() <= known.names:
        # In the record's order: that of a set would be another one in each process
        for name in (name for name in record if name not in known.names):
            seen[f"{path}{name}"] += 1
            unknown[name] = record[name]
    return unknown


def _unknown_below(value: Any, known: Known, path: str, seen: Counter[str]) -> Any:
    """Of an object its unknown fields; of a list the whole list when an item has any."""
    if isinstance(value, dict):
        return _unknown(value, known, path, seen)
    if isinstance(value, list) and any(
        [_unknown(item, known, path, seen) for item in value]  # noqa: C419 - counts every item
    ):
        return value
    return None
