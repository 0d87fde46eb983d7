"""Turn records of the documented form into the frames that flatten.py makes of the same records.

Every type is proven by the decoding, so columns are taken from the structs as they are. Whatever
needs a closer look (an instant in another form, text nested too deep) is left to flatten.py.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import orjson
import polars as pl
from msgspec.structs import astuple
from polars.exceptions import PanicException

from mews_pipeline.extract.decimals import decimals, decode_plain
from mews_pipeline.extract.documented import Level, People, level
from mews_pipeline.extract.drift import Drift
from mews_pipeline.extract.entities import PERSON_COUNTS, Entity, Kind
from mews_pipeline.extract.flatten import (
    POLARS_TYPES,
    Flat,
    exploded,
    flatten,
    parsed_instants,
)
from mews_pipeline.extract.json_dump import dumps
from mews_pipeline.extract.version_hash import hashes
from mews_pipeline.mews import Page

_Dump = Callable[[Any], bytes]
_dump_narrow = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)
# The people of a record without any
_NOBODY: dict[str, int] = {}


def flatten_page(entity: Entity, page: Page) -> Flat:
    """Return the records of a page as frames, whether decoded or not. Raises FlattenError."""
    flat = flatten_documented(entity, page.decoded) if page.decoded else None
    return flatten(entity, page.records) if flat is None else flat


def flatten_documented(entity: Entity, records: Sequence[msgspec.Struct]) -> Flat | None:
    """Return records, at least one, as frames; None where only the exact way can."""
    try:
        return _flatten(entity, records)
    except (Exception, PanicException):  # noqa: BLE001  the exact way knows what is wrong
        return None


def _flatten(entity: Entity, records: Sequence[msgspec.Struct]) -> Flat | None:
    found = dict(_columns(level(entity), records))
    loads = decode_plain if entity.decimals else orjson.loads
    # orjson alone refuses integers wider than 64 bits, which decode_plain reads otherwise
    dump = _dump_narrow if entity.decimals else partial(dumps, sort_keys=True)
    nothing = [None] * len(records)
    columns = {path: nothing if path in entity.withheld else found[path] for path in entity.fields}
    for path, kind in entity.kinds.items():
        if kind is Kind.JSON:
            columns[path] = [raw and loads(memoryview(raw)) for raw in columns[path]]
            if path in entity.required and None in columns[path]:
                return None
    numbers = {path: decimals(path, kind, columns[path]) for path, kind in entity.decimals.items()}
    if any(column.misfits for column in numbers.values()):
        return None
    texts = pl.DataFrame(
        [
            numbers[path].series
            if path in numbers
            else _series(path, entity.kinds[path], columns[path], dump)
            for path in columns
        ]
    )
    columns |= {path: column.units for path, column in numbers.items()}
    instants, others = parsed_instants(entity, texts)
    if others:
        return None
    drift = Drift()
    for path in entity.enums or {}:
        drift.see_values(entity, path, columns[path])
    persons = [_people_of(people) for people in found.get(PERSON_COUNTS, nothing)]
    rows = instants.rename(entity.column_names).with_columns(
        pl.lit(None, dtype=pl.String).alias("_extra"),
        pl.Series("_hash", hashes(columns.values(), persons), dtype=pl.String),
    )
    return Flat(rows, exploded(rows, persons), drift)


def _columns(
    level: Level, structs: Sequence[msgspec.Struct], above: str = ""
) -> dict[str, Sequence[Any]]:
    """Return every field of every struct, by its path; None where it is missing."""
    columns = dict(zip(level.names, zip(*map(astuple, structs), strict=True), strict=True))
    found: dict[str, Sequence[Any]] = {f"{above}{name}": columns[name] for name in columns}
    for name, below in level.below.items():
        objects = columns[name]
        if None in objects:
            empty = below.struct()
            objects = tuple(empty if one is None else one for one in objects)
        found |= _columns(below, objects, f"{above}{name}.")
    return found


def _series(path: str, kind: Kind, values: Sequence[Any], dump: _Dump) -> pl.Series:
    if kind is Kind.JSON:
        values = [None if v is None else dump(v).decode() for v in values]
    # Of texts that are all null Polars would look at each
    if values[0] is None and values.count(None) == len(values):
        return pl.Series(path, [None], dtype=POLARS_TYPES[kind]).new_from_index(0, len(values))
    return pl.Series(path, values, dtype=POLARS_TYPES[kind])


def _people_of(people: list[People] | None) -> dict[str, int]:
    """Return the people of a record per age category, sorted by category."""
    if not people:
        return _NOBODY
    counts = {one.AgeCategoryId: one.Count for one in people}
    if len(counts) < len(people):
        # Mews may repeat one
        counts = dict.fromkeys(counts, 0)
        for one in people:
            counts[one.AgeCategoryId] += one.Count
    return dict(sorted(counts.items())) if len(counts) > 1 else counts
