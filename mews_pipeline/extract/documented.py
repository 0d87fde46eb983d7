"""Decode a page whose records all have the documented form into structs, without a dict of any.

The structs are generated from an entity's declaration. msgspec refuses another type than the vendor
documents, a missing required field and an unknown field anywhere in a record: then there are no
structs, and the page is parsed and flattened in the exact way, which knows what is wrong and where
(flatten.py). What is decoded has only documented types and nothing unknown, so neither is looked
for again.
"""

from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Annotated, Any

import msgspec

from mews_pipeline.extract.entities import PERSON_COUNTS, UPDATED, Entity, Kind
from mews_pipeline.mews import Decode, Decoded

# More people than these are for the exact way, which refuses what cannot be counted
_Count = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
# Of a column of whole numbers
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Cursor = Annotated[str, msgspec.Meta(min_length=1)]
_TYPES: dict[Kind, Any] = {
    Kind.TEXT: str,
    Kind.INSTANT: str,
    Kind.BOOLEAN: bool,
    Kind.INTEGER: _Integer,
    # Parsed later, as the exact way parses it
    Kind.JSON: msgspec.Raw,
    # A whole number as well
    Kind.DECIMAL: float,
    Kind.RATE: float,
}
# Structs are never part of a cycle
_OPTIONS: dict[str, Any] = {"forbid_unknown_fields": True, "gc": False, "kw_only": True}


class People(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The number of people of an age category."""

    AgeCategoryId: str
    Count: _Count


@dataclass(frozen=True)
class Level:
    """The struct of a record, or of an object in it: its fields in order, and the levels below."""

    struct: type[msgspec.Struct]
    names: tuple[str, ...]
    below: dict[str, "Level"]


@dataclass
class _Fields:
    """The fields of a level while they are gathered; `is_required` where one below it is."""

    types: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    below: dict[str, "_Fields"] = field(default_factory=dict)
    is_required: bool = False

    def add(self, path: str, kind: Any, *, is_required: bool) -> None:
        """Add a field at a dotted path."""
        self.is_required |= is_required
        name, _, rest = path.partition(".")
        if rest:
            self.below.setdefault(name, _Fields()).add(rest, kind, is_required=is_required)
        else:
            # A null is a Raw as well
            optional = kind if kind is msgspec.Raw else kind | None
            self.types[name] = (kind,) if is_required else (optional, None)

    def level(self, name: str) -> Level:
        """Return the level, its struct generated."""
        below = {name: fields.level(name) for name, fields in self.below.items()}
        types = self.types | {
            name: (level.struct,) if self.below[name].is_required else (level.struct | None, None)
            for name, level in below.items()
        }
        definitions: list[Any] = [(name, *definition) for name, definition in types.items()]
        return Level(msgspec.defstruct(name, definitions, **_OPTIONS), tuple(types), below)


@cache
def level(entity: Entity) -> Level:
    """Return the struct of an entity's records."""
    fields = _Fields()
    for path, kind in entity.kinds.items():
        documented = Any if path in entity.withheld else _TYPES[kind]
        fields.add(path, documented, is_required=path in entity.required)
    for path in entity.dropped:
        fields.add(path, Any, is_required=False)
    if entity.has_person_counts:
        fields.add(PERSON_COUNTS, list[People], is_required=False)
    return fields.level("Record")


@cache
def decoder(entity: Entity) -> Decode:
    """Return the function that decodes pages of an entity."""
    key = str(entity.operation.list_key)
    definitions: list[Any] = [(key, list[level(entity).struct]), ("Cursor", _Cursor | None, None)]  # type: ignore[misc]
    decode = msgspec.json.Decoder(msgspec.defstruct("Page", definitions, **_OPTIONS)).decode
    records = attrgetter(key)

    def decoded(content: bytes) -> Decoded | None:
        try:
            page = decode(content)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
        return Decoded(records(page), page.Cursor)  # type: ignore[attr-defined]

    return decoded


# Reference data are too few to be worth it
DECODES = {entity.operation: decoder(entity) for entity in UPDATED}
