"""Count fields and enum values that the vendor's documents do not name.

The API changes without notice (docs/mews-api.md, "Changes without notice"). A change must not fail
a day or lose data, and must be reported.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import isfinite
from typing import Any

from mews_pipeline.extract.entities import Entity, Known
from mews_pipeline.extract.json_dump import dumps
from mews_pipeline.mews import Record


@dataclass
class Misfits:
    """What is no decimal where one should be: by record, at its path."""

    _found: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, path: str, values: Mapping[int, Any]) -> None:
        """Add values at a path, by the position of their records."""
        for at, value in values.items():
            # JSON has no infinity
            kept = repr(value) if isinstance(value, float) and not isfinite(value) else value
            self._found.setdefault(at, {})[path] = kept

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._found)

    def at(self, position: int) -> dict[str, Any]:
        """Return those of a record."""
        return self._found.get(position, {})


@dataclass
class Drift:
    """The counts of unknown fields (by their path) and unknown enum values (as `Path=value`)."""

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

    def see_fields(
        self, entity: Entity, records: Sequence[Record], misfits: Misfits | None = None
    ) -> list[str | None]:
        """Return each record's unknown fields as JSON text (null where none), and count them.

        What is no decimal where one should be is kept and counted like an unknown field.
        """
        misfits = misfits or Misfits()
        if not misfits and _all_known(records, entity.known):
            return [None] * len(records)
        extras: list[str | None] = []
        for at, record in enumerate(records):
            unknown = _unknown(record, entity.known, "", self.fields)
            for path, value in misfits.at(at).items():
                self.fields[path] += 1
                _put(unknown, path, value)
            extras.append(dumps(unknown).decode() if unknown else None)
        return extras


def _put(unknown: Record, path: str, value: Any) -> None:
    """Put a value where it was in its record."""
    *above, name = path.split(".")
    for part in above:
        unknown = unknown.setdefault(part, {})
    unknown[name] = value


def _all_known(values: Sequence[Any], known: Known) -> bool:
    """Return whether no object among the values, or in lists among them, has an unknown name.

    That is the usual case, so a whole page is checked at once. Returns False as well where objects
    and other values are mixed: then each record is checked by itself.
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
        # Keep the record's key order; set order differs between processes
        for name in (name for name in record if name not in known.names):
            seen[f"{path}{name}"] += 1
            unknown[name] = record[name]
    return unknown


def _unknown_below(value: Any, known: Known, path: str, seen: Counter[str]) -> Any:
    """Return the unknown fields of an object, or a whole list when an item of it has any."""
    if isinstance(value, dict):
        return _unknown(value, known, path, seen)
    if isinstance(value, list) and any(
        [_unknown(item, known, path, seen) for item in value]  # noqa: C419 - counts every item
    ):
        return value
    return None
