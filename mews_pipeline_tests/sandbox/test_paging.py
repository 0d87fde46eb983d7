"""Test paging: newest first, by cursor, up to an empty page."""

from datetime import timedelta

import pytest

from mews_pipeline.sandbox import World
from mews_pipeline_tests.support.sandbox_client import (
    HOUR,
    NOW,
    RESERVATIONS_PATH,
    SandboxClient,
    between,
    instant,
)


@pytest.mark.parametrize("count", [7, 100, 1000])
@pytest.mark.parametrize("short", [False, True], ids=["full pages", "short pages"])
def test_pages_of_any_size_contain_every_record_once(
    client: SandboxClient, count: int, short: bool
) -> None:
    interval = between(NOW - timedelta(days=3), NOW)
    client.options.short_pages = short

    paged = client.all(RESERVATIONS_PATH, "Reservations", count, UpdatedUtc=interval)

    client.options.short_pages = False
    assert paged == client.all(RESERVATIONS_PATH, "Reservations", UpdatedUtc=interval)


def test_the_cursor_is_the_last_id_and_null_only_on_an_empty_page(
    client: SandboxClient,
) -> None:
    interval = between(NOW - 6 * HOUR, NOW)
    whole = client.post(RESERVATIONS_PATH, UpdatedUtc=interval).json()

    assert whole["Cursor"] == whole["Reservations"][-1]["Id"]
    limitation = {"Count": 1000, "Cursor": whole["Cursor"]}
    after = client.post(RESERVATIONS_PATH, UpdatedUtc=interval, Limitation=limitation).json()
    assert after == {"Reservations": [], "Cursor": None}


def test_an_update_between_two_pages_does_not_move_other_records(
    client: SandboxClient, world: World
) -> None:
    client.clock.set(NOW - 12 * HOUR)
    window = between(NOW - timedelta(days=5), NOW - 12 * HOUR)
    expected = {r["Id"] for r in client.all(RESERVATIONS_PATH, "Reservations", UpdatedUtc=window)}

    first = client.post(RESERVATIONS_PATH, UpdatedUtc=window, Limitation={"Count": 50}).json()
    client.clock.set(NOW)
    rest = client.post(
        RESERVATIONS_PATH,
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


def test_prefer_minimal_replaces_an_empty_page_by_status_204(client: SandboxClient) -> None:
    interval = between(NOW + HOUR, NOW + 2 * HOUR)
    minimal = client.post(RESERVATIONS_PATH, {"Prefer": "return=minimal"}, UpdatedUtc=interval)

    assert (minimal.status_code, minimal.content) == (204, b"")
    assert "Content-Type" not in minimal.headers
    assert client.post(RESERVATIONS_PATH, UpdatedUtc=interval).status_code == 200
