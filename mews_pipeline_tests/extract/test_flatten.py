"""Records as Mews sends them become typed frames, or one error that names field and record."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from mews_pipeline.extract.entities import (
    ENTERPRISES,
    ENTITIES,
    PRODUCT_SERVICE_ORDERS,
    RESERVATIONS,
    RESOURCES,
    SERVICES,
    Entity,
    Field,
    Kind,
)
from mews_pipeline.extract.flatten import FlattenError, flatten
from mews_pipeline_tests.support.seeds import ORDER, RESERVATION, reservation


def one(**changes: Any) -> dict[str, Any]:
    return flatten(RESERVATIONS, [reservation(**changes)]).rows.row(0, named=True)


def hash_of(**changes: Any) -> str:
    return str(one(**changes)["_hash"])


def test_the_reservation_of_the_seed_flattens_to_its_row() -> None:
    flat = flatten(RESERVATIONS, [RESERVATION])

    row = flat.rows.row(0, named=True)
    assert row["id"] == RESERVATION["Id"]
    assert row["updated_utc"] == datetime(2023, 4, 22, 17, tzinfo=UTC)
    assert row["options_owner_checked_in"] is True
    assert row["assigned_resource_locked"] is False
    assert row["channel_manager_number"] == ""
    assert row["cancelled_utc"] is None
    assert row["_extra"] is None
    assert flat.person_counts["count"].to_list() == [2, 2]
    assert not flat.drift.fields
    assert not flat.drift.values


def test_every_field_of_the_seed_has_a_column() -> None:
    nested = {"Options", "PersonCounts"}
    columns = flatten(RESERVATIONS, [RESERVATION]).rows.columns
    assert len(columns) == len(RESERVATION.keys() - nested) + 4 + len(["_extra", "_hash"])


def test_the_order_of_the_seed_flattens_to_its_row() -> None:
    flat = flatten(PRODUCT_SERVICE_ORDERS, [ORDER])
    row = flat.rows.row(0, named=True)
    assert row["number"] == "52"
    assert row["linked_reservation_id"] is None
    assert flat.person_counts.is_empty()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2023-04-22T17:00:00Z", datetime(2023, 4, 22, 17, tzinfo=UTC)),
        ("2023-04-22T17:00:00.5Z", datetime(2023, 4, 22, 17, 0, 0, 500_000, tzinfo=UTC)),
        ("2023-04-22T17:00:00.1234567Z", datetime(2023, 4, 22, 17, 0, 0, 123_456, tzinfo=UTC)),
        ("2023-04-22T19:00:00+02:00", datetime(2023, 4, 22, 17, tzinfo=UTC)),
    ],
)
def test_instants_parse_with_a_fraction_or_none(text: str, instant: datetime) -> None:
    assert one(UpdatedUtc=text)["updated_utc"] == instant


def test_a_page_may_mix_instants_with_and_without_a_fraction() -> None:
    texts = ["2023-04-22T17:00:00Z", "2023-04-22T17:00:00.001Z"]
    rows = flatten(RESERVATIONS, [reservation(UpdatedUtc=text) for text in texts]).rows
    assert rows["updated_utc"].dt.millisecond().to_list() == [0, 1]


@pytest.mark.parametrize("nothing", [None, []])
def test_a_reservation_without_person_counts_keeps_its_row(nothing: object) -> None:
    flat = flatten(RESERVATIONS, [reservation(PersonCounts=nothing), reservation(Id="b")])
    assert flat.rows.height == 2
    assert flat.person_counts["reservation_id"].unique().to_list() == ["b"]


def test_children_carry_the_hash_and_instant_of_their_parent() -> None:
    flat = flatten(RESERVATIONS, [reservation(), reservation(Id="b", Number="53")])
    parents = flat.rows.select("id", "updated_utc", "_hash")
    joined = flat.person_counts.join(
        parents, left_on=["reservation_id", "updated_utc", "_hash"], right_on=parents.columns
    )
    assert joined.height == 4


def test_an_age_category_that_comes_twice_is_summed() -> None:
    twice = [{"AgeCategoryId": "a", "Count": 1}, {"AgeCategoryId": "a", "Count": 2}]
    assert flatten(RESERVATIONS, [reservation(PersonCounts=twice)]).person_counts[
        "count"
    ].to_list() == [3]


def test_an_unknown_enum_value_is_kept_and_counted() -> None:
    flat = flatten(RESERVATIONS, [reservation(State="Napping"), reservation()])
    assert flat.rows["state"].to_list() == ["Napping", "Confirmed"]
    assert flat.drift.values == {"State=Napping": 1}


def test_unknown_fields_are_kept_as_json_and_counted_wherever_they_stand() -> None:
    strange = reservation(Mood="sunny")
    strange["Options"]["Flying"] = True
    strange["PersonCounts"][0]["Nickname"] = "x"
    flat = flatten(RESERVATIONS, [strange, reservation()])

    assert flat.drift.fields == {"Mood": 1, "Options.Flying": 1, "PersonCounts.Nickname": 1}
    extra, none = flat.rows["_extra"]
    assert none is None
    kept = pl.Series([extra]).str.json_decode(
        pl.Struct({"Mood": pl.String, "Options": pl.Struct({"Flying": pl.Boolean})})
    )
    assert kept.to_list() == [{"Mood": "sunny", "Options": {"Flying": True}}]


def test_unknown_fields_stand_in_the_order_in_which_mews_sent_them() -> None:
    names = [f"New{number}" for number in range(12)]
    flat = flatten(RESERVATIONS, [reservation(**dict.fromkeys(names, 1))])
    assert list(json.loads(flat.rows["_extra"][0])) == names


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"Options": {"Flying": True}}, "Options.Flying"),
        ({"PersonCounts": [{"AgeCategoryId": "a", "Count": 1, "Nickname": "x"}]},
         "PersonCounts.Nickname"),
        ({"Mood": None}, "Mood"),
    ],
)  # fmt: skip
def test_one_unknown_name_in_a_page_is_seen_whatever_the_other_records_lack(
    changes: dict[str, Any], seen: str
) -> None:
    bare = {"Id": "bare", "UpdatedUtc": "2023-04-22T17:00:00Z", "Options": None}
    flat = flatten(RESERVATIONS, [bare, reservation(PersonCounts=None), reservation(**changes)])
    assert flat.drift.fields == {seen: 1}
    assert flat.rows["_extra"].is_null().to_list() == [True, True, False]
    assert flat.rows["options_connector_check_in"].null_count() >= 1


def test_personal_data_that_may_not_land_is_null_and_outside_hash_and_extra() -> None:
    told = one(QrCodeData="customer 7", CreditCardId="card")
    assert (told["qr_code_data"], told["credit_card_id"], told["_extra"]) == (None, None, None)
    assert told["_hash"] == hash_of()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"Id": None}, "Id"),
        ({"UpdatedUtc": None}, "UpdatedUtc"),
        ({"Number": 52}, "Number"),
        ({"AssignedResourceLocked": "yes"}, "AssignedResourceLocked"),
        ({"UpdatedUtc": "yesterday"}, "UpdatedUtc"),
        ({"Options": "none"}, "Options"),
        ({"PersonCounts": {"Count": 1}}, "PersonCounts"),
        ({"PersonCounts": [{"AgeCategoryId": "a", "Count": 2.5}]}, "PersonCounts"),
        ({"PersonCounts": [{"AgeCategoryId": "a"}]}, "PersonCounts"),
        ({"PersonCounts": [None]}, "PersonCounts"),
    ],
    ids=str,
)
def test_a_changed_type_or_a_null_key_fails_and_names_field_and_record(
    changes: dict[str, Any], field: str
) -> None:
    good, bad = reservation(Id="good"), reservation(Id="bad") | changes
    with pytest.raises(FlattenError, match=f"{field}.* of record {bad['Id']}"):
        flatten(RESERVATIONS, [good, bad])


def test_a_number_too_large_for_its_column_fails() -> None:
    with pytest.raises(FlattenError, match="Ordering of record c"):
        flatten(ENTITIES["resource_categories"], [{"Id": "c", "Ordering": 2**63}])


def test_no_message_of_a_failure_shows_a_value() -> None:
    with pytest.raises(FlattenError) as failure:
        flatten(RESERVATIONS, [reservation(OriginDetails={"Guest": "Jane Doe"})])
    assert "Jane" not in str(failure.value)


def test_names_in_many_languages_stay_json() -> None:
    service = {"Id": "s", "Names": {"en-US": "Stay", "cs-CZ": "Pobyt"}, "Data": None}
    row = flatten(SERVICES, [service]).rows.row(0, named=True)
    assert row["names"] == '{"cs-CZ":"Pobyt","en-US":"Stay"}'
    assert row["data_value_occupancy_start_offset"] is None


# The hash is a contract with every warehouse that exists: this value may never change.
def test_the_hash_of_the_seed_is_what_it_always_was() -> None:
    assert hash_of() == "bf02c5d3aa68bb8eb1de0a33160bdc1d"
    assert (
        flatten(PRODUCT_SERVICE_ORDERS, [ORDER]).rows["_hash"][0]
        == "27be16c5cb01e27e89f2aff2917c562b"
    )


def test_the_hash_leaves_out_what_is_unknown_or_null_and_the_order_of_people() -> None:
    turned = list(reversed(RESERVATION["PersonCounts"]))
    without = {key: value for key, value in RESERVATION.items() if value is not None}
    assert hash_of() == hash_of(PersonCounts=turned)
    assert hash_of() == hash_of(Mood="sunny")
    assert hash_of() == flatten(RESERVATIONS, [without]).rows["_hash"][0]


def test_a_field_that_a_later_release_knows_leaves_the_hash_of_records_without_it() -> None:
    later = replace(
        RESERVATIONS, fields=RESERVATIONS.fields | {"Mood": Field(Kind.TEXT, is_personal=False)}
    )
    hashes = flatten(later, [RESERVATION, reservation(Mood="sunny")]).rows["_hash"]
    assert hashes[0] == hash_of() != hashes[1]


@pytest.mark.parametrize("same", ["17:00:00.000Z", "17:00:00+00:00", "19:00:00+02:00"])
def test_an_instant_in_another_form_has_the_same_hash(same: str) -> None:
    documented = hash_of(UpdatedUtc="2023-04-22T17:00:00Z")
    assert hash_of(UpdatedUtc=f"2023-04-22T{same}") == documented
    assert hash_of(UpdatedUtc="2023-04-22T17:00:00.25Z") != documented


@pytest.mark.parametrize(
    "changes",
    [
        {"State": "Canceled"},
        {"PersonCounts": []},
        {"UpdatedUtc": "2023-04-22T17:00:01Z"},
        {"Number": ""},
        {"AssignedResourceLocked": True},
        {"Number": "TW48ZP", "ChannelNumber": "52"},
    ],
    ids=str,
)
def test_the_hash_tells_versions_apart(changes: dict[str, Any]) -> None:
    assert hash_of(**changes) != hash_of()


records = st.lists(
    st.builds(
        reservation,
        Id=st.uuids().map(str),
        State=st.sampled_from(["Confirmed", "Started", "Napping"]),
        Number=st.text(),
        CancelledUtc=st.none() | st.just("2023-04-22T17:00:00.25Z"),
        PersonCounts=st.none()
        | st.lists(
            st.builds(
                lambda age, n: {"AgeCategoryId": age, "Count": n},
                st.sampled_from("abc"),
                st.integers(1, 9),
            )
        ),
    ),
    min_size=1,
    max_size=12,
)


@given(records, st.integers(1, 12))
def test_pages_however_cut_flatten_the_same(found: list[dict[str, Any]], size: int) -> None:
    pages = [flatten(RESERVATIONS, found[i : i + size]) for i in range(0, len(found), size)]
    whole = flatten(RESERVATIONS, found)

    assert_frame_equal(pl.concat([page.rows for page in pages]), whole.rows)
    assert_frame_equal(pl.concat([page.person_counts for page in pages]), whole.person_counts)


@pytest.mark.parametrize("table", ENTITIES)
def test_an_empty_page_flattens_to_empty_frames(table: str) -> None:
    flat = flatten(ENTITIES[table], [])
    assert flat.rows.is_empty()
    assert flat.rows.columns == [*ENTITIES[table].columns, "_extra", "_hash"]
    assert flat.person_counts.is_empty()


@pytest.mark.parametrize(
    ("entity", "added"),
    [
        (ENTERPRISES, {"Pricing": "Gross"}),
        (ENTERPRISES, {"TaxPrecision": 2}),
        (ENTERPRISES, {"AccountingEditableHistoryInterval": "P0M7DT0H0M0S"}),
        (RESOURCES, {"DeletedUtc": "2026-03-01T09:00:00Z"}),
    ],
    ids=lambda part: part.table if isinstance(part, Entity) else next(iter(part)),
)
def test_a_record_lands_once_more_when_it_has_a_field_that_a_release_added(
    entity: Entity, added: dict[str, object]
) -> None:
    record = {"Id": "a", "CreatedUtc": "2026-01-01T09:00:00Z"}
    earlier = [path for path in entity.fields if path not in added]
    before = replace(entity, fields={path: entity.fields[path] for path in earlier})

    ((known,), (without,), (with_it,)) = (
        flatten(one, [given]).rows["_hash"]
        for one, given in ((before, record), (entity, record), (entity, record | added))
    )
    assert without == known
    assert with_it != known
