"""Test that every kind of reservation occurs, and that each is consistent."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from mews_pipeline.sandbox import World
from mews_pipeline.sandbox.hotels.inventory import Property
from mews_pipeline.sandbox.hotels.reservations import Reservation, ReservationVersion
from mews_pipeline_tests.sandbox.conftest import START

DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def lives(full_world: World) -> list[Reservation]:
    return full_world.tables["reservations"].records


def _is_open(version: ReservationVersion) -> bool:
    return version.state not in {"Canceled", "Processed"}


@pytest.mark.parametrize("days", [0, 20, 45, 74])
def test_what_was_not_updated_since_the_start_is_found_by_stay_dates(
    lives: list[Reservation], days: int
) -> None:
    start = datetime(2024, 3, 1, tzinfo=UTC)
    now = start + (days + 1) * DAY

    current = [version for life in lives if (version := life.current(now)) is not None]
    in_no_window = [version for version in current if version.at < start and _is_open(version)]

    assert not [v for v in in_no_window if start <= v.end <= now - 8 * DAY]


def test_a_good_part_of_the_books_is_not_touched_for_months(lives: list[Reservation]) -> None:
    start = datetime(2024, 3, 1, tzinfo=UTC)
    now = start + 30 * DAY

    current = [version for life in lives if (version := life.current(now)) is not None]
    books = [version for version in current if version.start > now and _is_open(version)]
    untouched = [version for version in books if version.at < start]

    assert len(untouched) > len(books) / 5
    assert any(version.at < now - 90 * DAY for version in untouched)


def test_creation_is_an_update(lives: list[Reservation]) -> None:
    assert all(life.versions[0].at == life.created for life in lives)


def test_each_version_ends_when_the_next_begins(lives: list[Reservation]) -> None:
    for life in lives:
        for one, two in pairwise(life.versions):
            assert one.at < two.at
            assert one.superseded == two.at
        assert life.versions[-1].superseded is None


def test_timestamps_agree_with_the_state(lives: list[Reservation]) -> None:
    for life in lives:
        for version in life.versions:
            assert version.start < version.end
            if version.state in {"Started", "Processed"}:
                assert version.actual_start is not None
                assert life.created <= version.actual_start <= version.at
                assert version.space is not None
            if version.state == "Processed":
                assert version.actual_start <= version.actual_end <= version.at
            if version.state == "Canceled":
                assert life.created <= version.cancelled <= version.at
                assert version.reason is not None


def _paths(lives: list[Reservation]) -> Counter[tuple[str, str]]:
    return Counter((one.state, two.state) for life in lives for one, two in pairwise(life.versions))


@pytest.mark.parametrize(
    "path",
    [
        ("Inquired", "Optional"),
        ("Inquired", "Confirmed"),
        ("Inquired", "Canceled"),
        ("Requested", "Confirmed"),
        ("Optional", "Confirmed"),
        ("Optional", "Canceled"),
        ("Confirmed", "Canceled"),
        ("Confirmed", "Started"),
        ("Started", "Processed"),
        ("Canceled", "Confirmed"),
        ("Started", "Confirmed"),
        ("Confirmed", "Confirmed"),
    ],
    ids="-".join,
)
def test_every_transition_occurs(lives: list[Reservation], path: tuple[str, str]) -> None:
    assert _paths(lives)[path] > 0


def test_no_transition_occurs_that_mews_does_not_allow(lives: list[Reservation]) -> None:
    impossible = {("Started", "Canceled"), ("Confirmed", "Optional"), ("Processed", "Started")}

    assert not impossible & set(_paths(lives))


def _changes(life: Reservation, field: str) -> bool:
    return len({getattr(version, field) for version in life.versions}) > 1


def _at_local_hour(prop: Property, instant: datetime) -> int:
    return instant.astimezone(prop.zone).hour


def _is_no_show_that_arrived(life: Reservation) -> bool:
    reasons = [version.reason for version in life.versions]
    return "NoShow" in reasons and life.versions[-1].state in {"Started", "Processed"}


def _restored(life: Reservation) -> list[ReservationVersion]:
    return [two for one, two in pairwise(life.versions)
            if (one.state, two.state) == ("Canceled", "Confirmed")]  # fmt: skip


def _end_changed_during_stay(life: Reservation, is_longer: bool) -> bool:
    return any(
        one.state == two.state == "Started"
        and one.end != two.end
        and (two.end > one.end) == is_longer
        for one, two in pairwise(life.versions)
    )


def _looks_unchanged(one: ReservationVersion, two: ReservationVersion) -> bool:
    ignored = {"UpdatedUtc", "UpdaterProfileId"}
    before, after = one.payload(), two.payload()
    return all(before[key] == after[key] for key in before if key not in ignored)


CASES: dict[str, Any] = {
    "a no-show that arrived later": _is_no_show_that_arrived,
    "a no-show canceled days later": lambda life: any(
        v.reason == "NoShow" and v.cancelled - v.start > 2 * DAY for v in life.versions
    ),
    "a restored one that keeps CancelledUtc": lambda life: any(
        v.cancelled for v in _restored(life)
    ),
    "a restored one that loses CancelledUtc": lambda life: any(
        not v.cancelled for v in _restored(life)
    ),
    "an undone check-in that keeps ActualStartUtc": lambda life: any(
        v.state == "Confirmed" and v.actual_start for v in life.versions
    ),
    "an undone check-in that loses ActualStartUtc": lambda life: any(
        (one.state, two.state) == ("Started", "Confirmed") and not two.actual_start
        for one, two in pairwise(life.versions)
    ),
    "an option that expired": lambda life: any(
        v.reason == "ConfirmationMissed" and v.released and v.released <= v.cancelled
        for v in life.versions
    ),
    "an option past its release": lambda life: life.versions[-1].state == "Optional"
    and life.versions[-1].released < datetime(2024, 5, 1, tzinfo=UTC),
    "changed dates": lambda life: _changes(life, "start"),
    "a changed category": lambda life: _changes(life, "category"),
    "changed persons": lambda life: _changes(life, "persons"),
    "a room move during the stay": lambda life: any(
        one.state == two.state == "Started" and one.space is not two.space
        for one, two in pairwise(life.versions)
    ),
    "an upgrade": lambda life: life.versions[-1].space is not None
    and life.versions[-1].space.category is not life.versions[-1].category,
    "no assigned room": lambda life: life.versions[-1].space is None
    and life.versions[-1].state == "Confirmed",
    "an extension": lambda life: _end_changed_during_stay(life, is_longer=True),
    "an early departure": lambda life: _end_changed_during_stay(life, is_longer=False),
    "a check-in after midnight": lambda life: life.versions[-1].actual_start is not None
    and _at_local_hour(life.prop, life.versions[-1].actual_start) < 4
    and life.versions[-1].actual_start > life.versions[-1].start,
    "a start planned after midnight": lambda life: _at_local_hour(
        life.prop, life.versions[0].start
    ) == 1,
    "an early check-in": lambda life: life.versions[-1].actual_start is not None
    and life.versions[-1].actual_start < life.versions[-1].start - timedelta(hours=1),
    "a planned late check-out": lambda life: _at_local_hour(life.prop, life.versions[0].end) == 16,
    "an overdue departure": lambda life: life.versions[-1].actual_end is not None
    and life.versions[-1].actual_end > life.versions[-1].end + timedelta(hours=6),
    "a day use": lambda life: life.versions[0].end - life.versions[0].start < DAY / 2,
    "children": lambda life: life.versions[0].persons[1] > 0,
    "an import": lambda life: life.origin == "Import",
    "an import long before arrival": lambda life: life.origin == "Import"
    and life.created.date() == START - 30 * DAY,
    "an update at midnight UTC": lambda life: any(
        (v.at.hour, v.at.minute, v.at.second) == (0, 0, 0) for v in life.versions
    ),
    "two updates within a second": lambda life: len({v.updated for v in life.versions})
    < len(life.versions),
    "an edit without a visible change": lambda life: any(
        _looks_unchanged(one, two) for one, two in pairwise(life.versions)
    ),
    "made 250 days ahead": lambda life: life.versions[0].start - life.created > 250 * DAY,
    "parking": lambda life: life.versions[0].category.type == "ParkingSpot",
    "a dormitory": lambda life: life.versions[-1].category.type == "Dorm"
    and life.versions[-1].state == "Started",
    "a bed": lambda life: life.versions[-1].category.type == "Bed"
    and life.versions[-1].state == "Started",
    "a pick-up from an availability block": lambda life: life.block_id is not None,
    "an overbooked guest": lambda life: life.versions[-1].reason == "ServiceNotAvailable",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_reservation_occurs(lives: list[Reservation], case: str) -> None:
    assert any(CASES[case](life) for life in lives)


def test_groups_share_their_group_id(lives: list[Reservation]) -> None:
    sizes = Counter(life.group_id for life in lives)

    assert max(sizes.values()) >= 3
    assert min(sizes.values()) == 1


def test_confirmation_numbers_are_unique_within_a_hotel(lives: list[Reservation]) -> None:
    numbers = Counter((life.enterprise_id, life.number) for life in lives)

    assert set(numbers.values()) == {1}


def test_no_two_actual_stays_share_a_space(lives: list[Reservation]) -> None:
    stays = defaultdict(list)
    for life in lives:
        last = life.versions[-1]
        if last.state in {"Started", "Processed"} and last.end - last.start > DAY / 2:
            day = life.prop.day_of
            stays[last.space.id].append((day(life.versions[-1].start), day(last.end)))

    overlaps = sum(
        one[1] > two[0] for spans in stays.values() for one, two in pairwise(sorted(spans))
    )

    # A start planned for after midnight looks a day late; nothing else may overlap
    assert overlaps <= len(lives) / 100
