"""A guest with a recognisable value in every field that is declared personal, and in unknown ones.

So has every field that is dropped, as the contact of a company or the notes of a block. The values
follow from the declarations of the entities: a new personal or dropped field has one by itself.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import orjson

from mews_pipeline.extract.entities import ENTITIES, EXTRA, Entity, Kind, Person

UNKNOWN = "GuestEmail"
_OF_A_GUEST = tuple(entity for entity in ENTITIES.values() if entity.guest_columns)
_MARKED_ENTITIES = tuple(
    entity for entity in ENTITIES.values() if entity.guest_columns or entity.dropped
)
_BY_LIST = {str(entity.operation.list_key): entity for entity in _MARKED_ENTITIES}
_MARKED = frozenset("02468ace")


def marker(entity: Entity, field: str) -> str:
    """Return the value of a personal field: of the id of a person an id, else a text."""
    person = entity.fields[field].person if field in entity.fields else None
    if person is Person.GUEST:
        # One person is in many records
        return str(uuid5(NAMESPACE_DNS, f"guest {field}"))
    if person:
        return str(uuid5(NAMESPACE_DNS, f"{entity.table} {field}"))
    return f"PERSONAL-{entity.table}-{field}-PERSONAL"


def landing_markers() -> frozenset[str]:
    """Return the values that land: those of unknown fields too, and of withheld ones none."""
    return frozenset(
        marker(entity, field)
        for entity in _OF_A_GUEST
        for field in (*(entity.personal - entity.withheld), EXTRA)
    )


def all_markers() -> frozenset[str]:
    """Return all values, those of withheld and of dropped fields included."""
    left_out = (
        marker(entity, field)
        for entity in _MARKED_ENTITIES
        for field in entity.withheld | entity.dropped
    )
    return landing_markers().union(left_out)


def guest_ids() -> list[str]:
    """Return the ids by which the guest is to be forgotten."""
    found = {
        marker(entity, path)
        for entity in _OF_A_GUEST
        for path, field in entity.fields.items()
        if field.person is Person.GUEST
    }
    return sorted(found)


Content = tuple[bytes, bool]


def marked(respond: Callable[..., Content], broken: set[str]) -> Callable[..., Content]:
    """Return how the sandbox responds where every second record is the guest's.

    The records of lists in `broken` have no readable UpdatedUtc, and all else wrong that can be.
    """

    def responding(*arguments: Any) -> Content:
        content, is_empty = respond(*arguments)
        page = orjson.loads(content)
        for name in _BY_LIST.keys() & page.keys():
            _mark(_BY_LIST[name], page[name], is_broken=name in broken)
        return orjson.dumps(page), is_empty

    return responding


def _mark(entity: Entity, records: Iterable[dict[str, Any]], *, is_broken: bool) -> None:
    for record in records:
        if record["Id"][-1] not in _MARKED:
            continue
        for path in entity.dropped:
            _set(record, path, _value(entity, path))
        if not entity.guest_columns:
            continue
        for path in entity.personal:
            _set(record, path, _value(entity, path))
        record[UNKNOWN] = marker(entity, EXTRA)
        if is_broken:
            record["UpdatedUtc"] = f"{record['UpdatedUtc']} {marker(entity, EXTRA)}"


def _value(entity: Entity, path: str) -> Any:
    value = marker(entity, path)
    is_json = path in entity.fields and entity.fields[path].kind is Kind.JSON
    return {"Text": value} if is_json else value


def _set(record: dict[str, Any], path: str, value: Any) -> None:
    *above, name = path.split(".")
    for each in above:
        record = record.setdefault(each, {})
    record[name] = value
