"""Decoded or parsed, a page gives the same frames, counts and errors."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import httpx
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract.documented import DECODES, decoder
from mews_pipeline.extract.entities import (
    ENTITIES,
    ORDER_ITEMS,
    PRODUCT_SERVICE_ORDERS,
    RESERVATIONS,
    UPDATED,
    Entity,
    Field,
    Kind,
)
from mews_pipeline.extract.flatten import Flat, flatten
from mews_pipeline.extract.flatten_documented import flatten_documented, flatten_page
from mews_pipeline.mews import Decode, Page, responses
from mews_pipeline_tests.support.seeds import ORDER, RESERVATION, reservation

# Has what the two entities do not use: numbers, JSON, two levels, a withheld and a dropped field
OTHER = replace(
    RESERVATIONS,
    fields=RESERVATIONS.fields
    | {
        name: Field(kind, is_personal=False)
        for name, kind in {
            "Amount": Kind.INTEGER,
            "Names": Kind.JSON,
            "Options.Names": Kind.JSON,
            "Data.Value.Kind": Kind.TEXT,
            "Data.Value.Since": Kind.INSTANT,
            "Data.Secret": Kind.TEXT,
            "Data.Needed": Kind.TEXT,
        }.items()
    },
    required=RESERVATIONS.required | {"Data.Needed"},
    withheld=RESERVATIONS.withheld | {"Data.Secret"},
    dropped=frozenset({"Email", "Data.Value.Notes"}),
)
ENTITIES_HERE = [RESERVATIONS, PRODUCT_SERVICE_ORDERS, ORDER_ITEMS, OTHER, ENTITIES["services"]]
VALUES: dict[Kind, Any] = {
    Kind.TEXT: "é\u2028\ufffd",
    Kind.INSTANT: "2026-01-02T03:04:05Z",
    Kind.BOOLEAN: True,
    Kind.INTEGER: 7,
    Kind.JSON: {"b": [1, None, 2.5, 3.0, 1e-7], "a": "é"},
    Kind.DECIMAL: 93.46,
}
PEOPLE = [
    [],
    [{"AgeCategoryId": "b", "Count": 1}, {"AgeCategoryId": "a", "Count": 2}],
    [{"AgeCategoryId": "a", "Count": 1}, {"AgeCategoryId": "a", "Count": 2}],
    [{"AgeCategoryId": "a", "Count": 1, "New": 2}],
    [{"AgeCategoryId": "a"}],
    [{"AgeCategoryId": None, "Count": 1}],
    [{"AgeCategoryId": "a", "Count": 2**31}],
    [{"AgeCategoryId": "a", "Count": 2**62}] * 2,
    [{"AgeCategoryId": "a", "Count": -(2**64)}],
    [None],
]
SPOILT = [
    *(None, True, 0, -1, 1.0, 1.5, 2**53, 2**63, -(2**63) - 1, 2**70, "", "x", [], {}, [1]),
    *(1e12, -999999999999.5, 1e300, 0.0000005, 3_000_000_000.25, {"NetValue": "12.50"}),
    *("2026-01-01T00:00:00.123Z", "2026-01-01T00:00:00+02:00", "2026-01-01", "yesterday"),
    {"A": 1},
    {"OwnerCheckedIn": True},
    {"OwnerCheckedIn": "yes", "X": 1},
    {"Value": {"Kind": "k", "Notes": "n", "New": 1}, "Needed": "n"},
    {"Value": None, "Needed": "n"},
    {"Needed": None},
    *PEOPLE,
]
# Put in place of a text of the body: what JSON does not have, or not there
BYTES = [
    *(b'"a\x01b"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\xff"', b'"\xed\xa0\x80"', b'"\\u0000"'),
    *(b"NaN", b"1e999", b"-0", b"-0.0", b"01", b"1e2", b"1.", b'"\\x"', b'"\\ud83d\\ude00"', b""),
    *(b"[" * 300 + b"]" * 300, b"[" * 2000 + b"]" * 2000, b'{"a":1,"a":2}', b"tru", b'"x",'),
]
PLACE = '"é\u2028\ufffd"'.encode()
AROUND = [(b"", b""), (b"\xef\xbb\xbf", b""), (b" \n", b"\t"), (b"", b"x"), (b"\x00", b"")]


def record(entity: Entity) -> dict[str, Any]:
    """Return a record of the documented form with a value in every field."""
    made: dict[str, Any] = {}
    for path, kind in entity.kinds.items():
        *above, name = path.split(".")
        place = made
        for part in above:
            place = place.setdefault(part, {})
        place[name] = deepcopy(VALUES[kind])
    if entity.has_person_counts:
        made["PersonCounts"] = [{"AgeCategoryId": "b", "Count": 2}]
    return made


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Entity, bytes]:
    """Return an entity and a page of it, in which anything may be wrong."""
    entity = draw(st.sampled_from(ENTITIES_HERE))
    records = []
    for _ in range(draw(st.integers(0, 3))):
        one = record(entity)
        paths = [*entity.fields, *entity.dropped, *one, "New", "Data.Value.New", "Options.New"]
        for path in draw(st.lists(st.sampled_from(paths), max_size=3)):
            *above, name = path.split(".")
            place: Any = one
            for part in above:
                place = place.get(part) if isinstance(place, dict) else None
            if not isinstance(place, dict):
                continue
            if draw(st.booleans()):
                place[name] = deepcopy(draw(st.sampled_from(SPOILT)))
            else:
                place.pop(name, None)
        records.append(one)
    page = {entity.operation.list_key: records, "Cursor": draw(st.sampled_from([None, "c", "", 1]))}
    if draw(st.integers(0, 9)) == 0:
        page["New"] = 1
    # Numbers beyond 64 bits are JSON, too
    body = json.dumps(page, ensure_ascii=False).encode()
    if draw(st.integers(0, 3)) == 0:
        body = body.replace(PLACE, draw(st.sampled_from(BYTES)), draw(st.integers(1, 3)))
    before, after = draw(st.sampled_from(AROUND)) if draw(st.integers(0, 5)) == 0 else (b"", b"")
    return entity, before + body + after


def outcome(entity: Entity, body: bytes, decode: Decode | None) -> tuple[Page, Flat] | str:
    """Return the page and its frames, or the error."""
    headers = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Content-Type": "application/json"}
    response = httpx.Response(200, headers=headers, content=body)
    try:
        page = responses.page(entity.operation, response, decode)
        return page, flatten_page(entity, page)
    except PipelineError as error:
        return f"{type(error).__name__}: {error}"


def assert_same(entity: Entity, body: bytes) -> None:
    """Check that decoding the body gives what parsing it gives."""
    found, wanted = outcome(entity, body, decoder(entity)), outcome(entity, body, None)
    if isinstance(found, str) or isinstance(wanted, str):
        assert found == wanted
        return
    (page, flat), (parsed, exact) = found, wanted
    assert_frame_equal(flat.rows, exact.rows)
    assert_frame_equal(flat.person_counts, exact.person_counts)
    assert (flat.drift.fields, flat.drift.values) == (exact.drift.fields, exact.drift.values)
    assert (page.cursor, page.server_time) == (parsed.cursor, parsed.server_time)
    assert page.replaced_characters == parsed.replaced_characters
    assert (page.ids, list(page.records)) == (parsed.ids, parsed.records)


@given(bodies())
def test_a_page_decodes_to_what_it_parses_to(found: tuple[Entity, bytes]) -> None:
    assert_same(*found)


@pytest.mark.slow
@settings(max_examples=3000, deadline=None)
@given(bodies())
def test_thousands_of_pages_decode_to_what_they_parse_to(found: tuple[Entity, bytes]) -> None:
    assert_same(*found)


@pytest.mark.parametrize("entity", ENTITIES_HERE, ids=lambda entity: entity.table)
def test_every_record_of_the_documented_form_is_decoded(entity: Entity) -> None:
    nothing: dict[str, Any] = {path: None for path in record(entity) if path not in entity.required}
    if entity is OTHER:
        nothing["Data"] = {"Needed": "n"}
    few = dict.fromkeys(entity.required, "2026-01-02T03:04:05Z") | nothing
    few.pop("Data.Needed", None)
    body = orjson.dumps({entity.operation.list_key: [record(entity), few], "Cursor": None})

    decoded = decoder(entity)(body)

    assert decoded
    assert flatten_documented(entity, decoded.records)
    assert_same(entity, body)


def test_the_examples_of_the_documents_are_decoded() -> None:
    for entity, example in ((RESERVATIONS, RESERVATION), (PRODUCT_SERVICE_ORDERS, ORDER)):
        body = orjson.dumps({entity.operation.list_key: [example], "Cursor": None})
        decoded = decoder(entity)(body)
        assert decoded
        flat = flatten_documented(entity, decoded.records)
        assert flat
        assert_frame_equal(flat.rows, flatten(entity, [example]).rows)


@pytest.mark.parametrize(
    "change",
    [
        {"Mood": "sunny"},
        {"Options": {"Mood": True}},
        {"PersonCounts": [{"AgeCategoryId": "a", "Count": 1, "Mood": 1}]},
        {"Number": 5},
        {"AssignedResourceLocked": 1},
        {"Id": None},
        {"PersonCounts": [{"AgeCategoryId": "a", "Count": 2**31}]},
    ],
    ids=str,
)
def test_a_record_of_another_form_is_left_to_the_parser(change: dict[str, Any]) -> None:
    body = orjson.dumps({"Reservations": [reservation(), reservation() | change], "Cursor": None})
    assert decoder(RESERVATIONS)(body) is None


def test_every_entity_that_is_fetched_by_updates_is_decoded() -> None:
    assert {entity.operation for entity in UPDATED} == DECODES.keys()
