"""The simulation behind the capacity page, against small cases worked out by hand."""

from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks import hotels
from benchmarks.hotels import BUSY, DAY, FILE, LAKE, REFRESH, Group, World, in_time, smallest
from benchmarks.simulation import Budget, Costs, Run, Simulation, Warehouse, Window, answered
from mews_pipeline.extract.entities import REFERENCE, SNAPSHOTS, UPDATED

# Seconds that can be added up in the head
COSTS = Costs(version=0.01, window=1.0, run=10.0)
BY_TABLE = Warehouse(locks_by_table=True, landing=2.0, landing_version=0.1, bytes_per_version=1)
AS_A_WHOLE = replace(BY_TABLE, locks_by_table=False)


def window(token: int = 0, table: str = "reservations", requests: int = 4) -> Window:
    return Window(token, table, requests, fetched=100, new=50)


def seconds(kept: Warehouse, runs: list[Run], workers: int = 1, latency: float = 0.5) -> float:
    return Simulation(kept, COSTS, latency).play(runs, workers).end


def test_one_token_takes_what_its_steps_take_one_after_the_other() -> None:
    runs = [Run(REFRESH, 0, 0, [window()], models=30)]
    # begins 10, four answers 2, flattening 1 + 1, landing 2 + 5, models 30
    assert seconds(BY_TABLE, runs) == pytest.approx(51)


def test_a_token_never_exceeds_its_budget_whoever_asks() -> None:
    budget = Budget(requests=5, seconds=30)
    # the third and fourth by another run of that token, which began earlier
    left = [budget.take(at) for at in (10, 11, 3, 4, *range(12, 20))]

    assert left[:5] == [10, 11, 11, 11, 12]
    assert all(later - sooner >= 30 for sooner, later in zip(left, left[5:], strict=False))
    assert all(later >= sooner for sooner, later in pairwise(left))


def test_a_listing_longer_than_the_budget_waits_for_the_next_window() -> None:
    assert answered(0, [10], 1, Budget(5, 30)) == [30 + 5]
    assert answered(0, [5, 5], 1, Budget(100, 30)) == [5, 5]


@pytest.mark.parametrize("before", [0, 3])
def test_a_free_budget_lets_listings_leave_as_one_request_after_the_other(before: int) -> None:
    """What is left of the budget is that of requests taken one by one."""
    together, one_by_one = Budget(9, 30), Budget(9, 30)
    for budget in (together, one_by_one):
        for _ in range(before):
            budget.take(0)
    assert answered(40, [2, 4], 1, together) == [42, 44]
    left = [one_by_one.take(at) for at in (40, 40, 41, 41, 42, 43)]
    assert left == [40, 40, 41, 41, 42, 43]
    assert [together.take(50) for _ in range(5)] == [one_by_one.take(50) for _ in range(5)]


def test_landings_in_one_table_wait_for_each_other_and_in_a_file_all_do() -> None:
    same = [Run(REFRESH, 0, 0, [window(n)]) for n in range(2)]
    other = [Run(REFRESH, 0, 0, [window(0)]), Run(REFRESH, 0, 0, [window(1, "orders")])]

    assert seconds(BY_TABLE, same, workers=2) == pytest.approx(14 + 2 * 7)
    assert seconds(BY_TABLE, other, workers=2) == pytest.approx(14 + 7)
    assert seconds(AS_A_WHOLE, other, workers=2) == pytest.approx(14 + 2 * 7)


def test_nobody_lands_beside_the_models() -> None:
    runs = [Run(REFRESH, 0, 0, models=100), Run(REFRESH, 0, 0, [window()])]
    assert seconds(BY_TABLE, runs, workers=2) == pytest.approx(110 + 7)

    runs.reverse()
    runs[1] = Run(REFRESH, 0, 5, models=100)
    # the run begins at 15, while the window lands from 14 to 21
    assert seconds(BY_TABLE, runs, workers=2) == pytest.approx(121)


@pytest.mark.parametrize("kept", [FILE, LAKE], ids=["file", "lake"])
def test_more_workers_never_make_it_slower(kept: Warehouse) -> None:
    runs = [
        run for run in Group(World(), 200, kept, workers=4).refreshes(0, DAY / 8) if run.windows
    ]
    ends = [
        Simulation(kept, hotels.COSTS, 0.5).play(runs, workers).slowest[REFRESH]
        for workers in (1, 2, 4, 8)
    ]
    assert ends == sorted(ends, reverse=True)
    assert (ends[0] > ends[-1]) == (kept is LAKE)


@pytest.mark.parametrize(("kept", "workers"), [(FILE, 2), (LAKE, 1), (LAKE, 8)])
@pytest.mark.parametrize("hotels_per_token", [1, 7])
def test_every_version_of_a_day_lands_once(
    kept: Warehouse, workers: int, hotels_per_token: int
) -> None:
    world = World(hotels_per_token=hotels_per_token)
    played = Group(world, 20, kept, workers).play()
    assert played.new == pytest.approx(20 * world.versions_per_year / 365)
    tokens = 20 if hotels_per_token == 1 else 3
    # every table of versions each half hour, of reference data each hour, and of snapshots each day
    assert played.landings == tokens * (48 * len(UPDATED) + 24 * len(REFERENCE) + len(SNAPSHOTS))
    # reservations of one hotel are too few in half an hour for files of a lake; items are enough
    assert played.files > 0


def test_each_listing_of_reference_data_is_counted() -> None:
    assert hotels.ROWS.keys() == {entity.table for entity in REFERENCE}


def test_what_mews_refuses_costs_a_request_a_day_and_brings_nothing() -> None:
    of_money = [entity for entity in REFERENCE if entity.may_be_refused]
    granted, refused = (
        Group(World(has_money=has_money), 1, FILE, 2) for has_money in (True, False)
    )
    hours = [run.windows[0].requests for run in refused.references(0, DAY)]
    assert hours[0] - hours[1] == len(of_money)
    assert len(set(hours[1:])) == 1
    paged = sum(entity.table != "currencies" for entity in of_money)
    every = {run.windows[0].requests for run in granted.references(0, DAY)}
    # A listing of a hotel is a page and an empty one
    assert every == {hours[1] + 2 * paged + 1}
    (snapshot,) = refused.snapshots(0, DAY)
    assert snapshot.windows[0].fetched == 0
    assert refused.play().new == pytest.approx(World(has_money=False).versions_per_year / 365)
    assert refused.play().requests < granted.play().requests


def test_most_arrives_at_noon_and_the_day_has_what_a_day_has() -> None:
    world = World(peak=1.8)
    hours = [world.versions(at * 3600, at * 3600 + 3600) for at in range(24)]
    assert sum(hours) == pytest.approx(28 * 3.27)
    assert max(hours) == pytest.approx(1.8 * sum(hours) / 24, rel=0.01)
    assert max(hours) in hours[11:13]


def test_the_fewest_workers_are_those_that_keep_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # A second of a core per window and nothing else: half an hour brings 1,000 tokens two thousand
    costs = Costs(version=0, window=1, run=0, models=0, models_hotel=0, models_version=0)
    monkeypatch.setattr("benchmarks.hotels.COSTS", costs)
    group = smallest(World(years=0), 1_000)
    assert group.workers > 1
    assert in_time(group.play(*BUSY))
    assert not in_time(Group(group.world, 1_000, LAKE, group.workers // 2).play(*BUSY))
