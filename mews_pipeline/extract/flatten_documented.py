"""Turn records of the documented form into the frames that flatten.py makes of the same records.

Every type is proven by the decoding, so columns are taken from the structs as they are. Whatever
needs a closer look (an instant in another form, text nested too deep) is left to flatten.py.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import orjson
import polars as pl
from msgspec.structs import astuple
from polars.exceptions import PanicException

from mews_pipeline.extract.decimals import decimals, decode_plain
from mews_pipeline.extract.documented import Level, People, level
from mews_pipeline.extract.drift import Drift
from mews_pipeline.extract.entities import DECIMALS, PERSON_COUNTS, Entity, Kind
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
    nothing = [None] * len(records)
    columns = {path: nothing if path in entity.withheld else found[path] for path in entity.fields}
    series: list[pl.Series] = []
    known: dict[bytes, str | None] = {}
    for path, kind in entity.kinds.items():
        if kind in DECIMALS:
            numbers = decimals(path, kind, columns[path])
            if numbers.misfits:
                return None
            columns[path] = numbers.units
            series.append(numbers.series)
        elif kind is Kind.JSON:
            columns[path], texts = _json(entity, columns[path], known)
            if path in entity.required and None in texts:
                return None
            series.append(_series(path, kind, texts))
        else:
            series.append(_series(path, kind, columns[path]))
    instants, others = parsed_instants(entity, pl.DataFrame(series))
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


def _json(
    entity: Entity, raws: Sequence[Any], known: dict[bytes, str | None]
) -> tuple[Sequence[Any], list[str | None]]:
    """Return JSON as what is hashed of it, and as texts."""
    if entity.decimals:
        texts = [_text(raw, known) for raw in raws]
        return texts, texts
    values = [raw and orjson.loads(memoryview(raw)) for raw in raws]
    return values, [None if v is None else dumps(v, sort_keys=True).decode() for v in values]


def _text(raw: msgspec.Raw | None, known: dict[bytes, str | None]) -> str | None:
    """Return JSON in which equal amounts read alike; None for null.

    The amounts of an item are mostly the same three times. orjson refuses integers wider than 64
    bits, which decode_plain reads otherwise than the exact way.
    """
    if raw is None:
        return None
    written = bytes(raw)
    if written not in known:
        value = decode_plain(written)
        dumped = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        known[written] = None if value is None else dumped.decode()
    return known[written]


def _series(path: str, kind: Kind, values: Sequence[Any]) -> pl.Series:
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
