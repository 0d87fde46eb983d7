"""The simulation behind the capacity page, against small cases worked out by hand."""

from dataclasses import replace
from itertools import pairwise

import pytest

from benchmarks import hotels
from benchmarks.hotels import BUSY, DAY, FILE, LAKE, REFRESH, Group, World, in_time, smallest
from benchmarks.simulation import Budget, Costs, Run, Simulation, Warehouse, Window, answered

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
    # two tables every half hour, seven of reference data every hour
    assert played.landings == tokens * (48 * 2 + 24 * 7)
    # one hotel brings too little in half an hour for files of a lake
    assert (played.files > 0) == (hotels_per_token == 7)


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
