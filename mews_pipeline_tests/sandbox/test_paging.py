"""Pages: newest first, by cursor, to an empty one."""

from datetime import timedelta

import pytest

from mews_pipeline.sandbox import World
from mews_pipeline_tests.support.asking import HOUR, NOW, RESERVATIONS, Asking, between, instant


@pytest.mark.parametrize("count", [7, 100, 1000])
@pytest.mark.parametrize("short", [False, True], ids=["full pages", "short pages"])
def test_pages_however_cut_hold_every_record_once(asking: Asking, count: int, short: bool) -> None:
    interval = between(NOW - timedelta(days=3), NOW)
    asking.options.short_pages = short

    paged = asking.all(RESERVATIONS, "Reservations", count, UpdatedUtc=interval)

    asking.options.short_pages = False
    assert paged == asking.all(RESERVATIONS, "Reservations", UpdatedUtc=interval)


def test_the_cursor_is_the_last_id_and_null_only_where_there_is_no_data(asking: Asking) -> None:
    interval = between(NOW - 6 * HOUR, NOW)
    whole = asking.post(RESERVATIONS, UpdatedUtc=interval).json()

    assert whole["Cursor"] == whole["Reservations"][-1]["Id"]
    limitation = {"Count": 1000, "Cursor": whole["Cursor"]}
    after = asking.post(RESERVATIONS, UpdatedUtc=interval, Limitation=limitation).json()
    assert after == {"Reservations": [], "Cursor": None}


def test_an_update_between_two_pages_loses_and_doubles_no_other_record(
    asking: Asking, world: World
) -> None:
    asking.clock.set(NOW - 12 * HOUR)
    window = between(NOW - timedelta(days=5), NOW - 12 * HOUR)
    expected = {r["Id"] for r in asking.all(RESERVATIONS, "Reservations", UpdatedUtc=window)}

    first = asking.post(RESERVATIONS, UpdatedUtc=window, Limitation={"Count": 50}).json()
    asking.clock.set(NOW)
    rest = asking.post(
        RESERVATIONS,
        UpdatedUtc=window,
        Limitation={"Count": 1000, "Cursor": first["Cursor"]},
    ).json()

    ids = [record["Id"] for record in first["Reservations"] + rest["Reservations"]]
    since = {r["Id"] for r in world.as_of("reservations", NOW)
             if instant(r["UpdatedUtc"]) >= NOW - 12 * HOUR}  # fmt: skip
    assert len(ids) == len(set(ids))
    assert expected - since <= set(ids) <= expected
    assert not since & {record["Id"] for record in rest["Reservations"]}
    assert expected & since


def test_an_empty_page_is_left_out_for_who_prefers_that(asking: Asking) -> None:
    interval = between(NOW + HOUR, NOW + 2 * HOUR)
    minimal = asking.post(RESERVATIONS, {"Prefer": "return=minimal"}, UpdatedUtc=interval)

    assert (minimal.status_code, minimal.content) == (204, b"")
    assert "Content-Type" not in minimal.headers
    assert asking.post(RESERVATIONS, UpdatedUtc=interval).status_code == 200
