"""How one kind of Mews record is declared: its operation, landing rule, fields and their marks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import cached_property
from typing import Any

from mews_pipeline.mews import Operation

PERSON_COUNTS = "PersonCounts"
# The raw column that holds a record's unknown fields, which may say anything about a person
EXTRA = "_extra"


class Kind(StrEnum):
    """How a JSON value is typed; the value is the DuckDB type of its raw column."""

    TEXT = "varchar"
    INSTANT = "timestamptz"
    BOOLEAN = "boolean"
    INTEGER = "bigint"
    JSON = "json"
    # Money, exact to a millionth, and exchange rates, which are finer
    DECIMAL = "decimal(18,6)"
    RATE = "decimal(28,12)"


class Person(Enum):
    """Whose id a field is."""

    # The account or the booker of a stay
    GUEST = auto()
    # The profile that created or updated a record
    STAFF = auto()


@dataclass(frozen=True)
class Field:
    """One field of the API: its kind, and whether it points to or describes a person.

    There is no default for that, so that each new field is classified on purpose. A field that is
    the id of a `person` is personal.
    """

    kind: Kind
    is_personal: bool
    person: Person | None = None


# A personal field names or numbers a person, or numbers a booking for people outside, and free text
# may do either (docs/mews-api.md, "Personal data").
PERSONAL_TEXT = Field(Kind.TEXT, is_personal=True)
GUEST_ID = Field(Kind.TEXT, is_personal=True, person=Person.GUEST)
STAFF_ID = Field(Kind.TEXT, is_personal=True, person=Person.STAFF)
PERSONAL_JSON = Field(Kind.JSON, is_personal=True)
HARMLESS_TEXT = Field(Kind.TEXT, is_personal=False)
HARMLESS_JSON = Field(Kind.JSON, is_personal=False)
INSTANT = Field(Kind.INSTANT, is_personal=False)
BOOLEAN = Field(Kind.BOOLEAN, is_personal=False)
INTEGER = Field(Kind.INTEGER, is_personal=False)
DECIMAL = Field(Kind.DECIMAL, is_personal=False)
RATE = Field(Kind.RATE, is_personal=False)
DECIMALS = frozenset({Kind.DECIMAL, Kind.RATE})


class Landing(Enum):
    """Which of an entity's fetched rows become new rows of its raw table."""

    # Those whose (id, updated_utc, _hash) is new; fetched by windows of UpdatedUtc
    VERSIONS = auto()
    # Those whose content differs from the latest row of their id; fetched as whole listings
    CHANGES = auto()
    # All of them
    SNAPSHOTS = auto()


def snake_case(path: str) -> str:
    """Return the raw column of a field: `options_owner_checked_in` for `Options.OwnerCheckedIn`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path.replace(".", "_")).lower()


@dataclass(frozen=True)
class Known:
    """The names that the vendor documents for an object, and for the objects and lists below it."""

    names: frozenset[str]
    nested: dict[str, "Known"]

    @classmethod
    def of(cls, paths: Iterable[str]) -> "Known":
        """Return the known names of dotted paths: `A.B` is B below A."""
        below: dict[str, list[str]] = {}
        for path in paths:
            name, _, rest = path.partition(".")
            below.setdefault(name, []).extend([rest] if rest else [])
        nested = {name: cls.of(rest) for name, rest in below.items() if rest}
        return cls(frozenset(below), nested)


@dataclass(frozen=True, eq=False)
class Entity:
    """One kind of record: the operation that lists it, its raw table and landing rule, its fields.

    `fields` maps the API's path (dotted where nested) to its field, in the fixed order of the hash:
    append later additions at the end. A `withheld` field has a column that is always null, and is
    kept out of the hash and of `_extra` (it embeds personal data); a `dropped` one has no column at
    all. `enums` lists the values that the vendor documents; others are kept and reported. Reports
    go on without an entity that `may_be_refused`: a permission that a property need not grant.
    """

    table: str
    operation: Operation[Any]
    landing: Landing
    fields: dict[str, Field]
    required: frozenset[str]
    withheld: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    enums: dict[str, frozenset[str]] | None = None
    has_person_counts: bool = False
    may_be_refused: bool = False

    @cached_property
    def known(self) -> Known:
        """Every name that a record may have without being reported as unknown."""
        children = {f"{PERSON_COUNTS}.AgeCategoryId", f"{PERSON_COUNTS}.Count"}
        return Known.of(
            [*self.fields, *self.dropped, *(children if self.has_person_counts else ())]
        )

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """The kind of each field."""
        return {path: field.kind for path, field in self.fields.items()}

    @cached_property
    def decimals(self) -> dict[str, Kind]:
        """The fields that are decimal numbers, and their kinds."""
        return {path: kind for path, kind in self.kinds.items() if kind in DECIMALS}

    @cached_property
    def amounts(self) -> frozenset[str]:
        """The objects that have such fields."""
        return frozenset(path.rpartition(".")[0] for path in self.decimals if "." in path)

    @cached_property
    def column_names(self) -> dict[str, str]:
        """The raw column of each field."""
        return {path: snake_case(path) for path in self.fields}

    @property
    def columns(self) -> dict[str, Kind]:
        """The raw columns of the fields, in order: name to kind."""
        return {self.column_names[path]: kind for path, kind in self.kinds.items()}

    @property
    def personal(self) -> frozenset[str]:
        """The fields that point to or describe a person."""
        return frozenset(path for path, field in self.fields.items() if field.is_personal)

    @cached_property
    def guest_columns(self) -> tuple[str, ...]:
        """The raw columns that hold the id of a guest."""
        return self._columns_of(Person.GUEST)

    @cached_property
    def person_columns(self) -> tuple[str, ...]:
        """The raw columns that hold the id of a person of either kind."""
        return self._columns_of(*Person)

    @cached_property
    def personal_columns(self) -> tuple[str, ...]:
        """The raw columns that point to or describe a person, unknown fields included."""
        return (*(self.column_names[path] for path in self.fields if path in self.personal), EXTRA)

    def _columns_of(self, *persons: Person) -> tuple[str, ...]:
        found = (path for path, field in self.fields.items() if field.person in persons)
        return tuple(self.column_names[path] for path in found)
