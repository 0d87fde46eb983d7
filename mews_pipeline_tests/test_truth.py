"""The numbers are right: the sandbox knows what was true, and the warehouse must say the same."""

from collections import Counter

import pytest

from mews_pipeline.flatten import flatten
from mews_pipeline.schemas import ENTITIES
from mews_pipeline_tests.conftest import Lived

UPDATED = ["reservations", "product_service_orders"]


@pytest.mark.parametrize("table", UPDATED)
def test_every_landed_version_is_one_that_the_hotel_lived(lived: Lived, table: str) -> None:
    lives = flatten(ENTITIES[table], lived.world.versions(table)).rows
    true = set(zip(lives["id"], lives["updated_utc"], lives["_hash"], strict=True))
    with lived.connect() as connection:
        landed = connection.execute(f"select id, updated_utc, _hash from raw.{table}").fetchall()
    assert len(landed) == len(set(landed))
    assert set(landed) <= true


@pytest.mark.parametrize("table", UPDATED)
def test_the_latest_landed_versions_are_the_state_of_now(lived: Lived, table: str) -> None:
    known = flatten(ENTITIES[table], lived.world.as_of(table, lived.now)).rows
    known = known.filter(known["updated_utc"].dt.date() >= lived.start)
    with lived.connect() as connection:
        latest = connection.execute(
            f"""
            select id, arg_max(_hash, (updated_utc, _landed_at, _hash)) from raw.{table}
            group by id"""
        ).fetchall()
    assert dict(latest) == dict(zip(known["id"], known["_hash"], strict=True))


def test_occupancy_is_what_the_sandbox_knows_of_every_night(lived: Lived) -> None:
    true = Counter(
        (night.service_id, night.requested_category_id, night.stay_date)
        for night in lived.world.occupied_nights(lived.now)
        if night.bucket == "definite" and night.stay_date >= lived.start
    )
    with lived.connect() as connection:
        told = connection.execute(
            """
            select service_id, resource_category_id, stay_date, rooms_occupied
            from marts.fct_occupancy_daily where rooms_occupied != 0"""
        ).fetchall()
    assert {tuple(key): rooms for *key, rooms in told} == true
