"""The command forget: what it takes, says and asks Mews, against the sandbox."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import stamina
from typer.testing import CliRunner, Result

from mews_pipeline.cli.main import app
from mews_pipeline.sandbox import (
    Clock,
    SandboxOptions,
    running_sandbox,
    simulate,
)
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.personal import are_forgotten
from mews_pipeline_tests.conftest import variables_for

GUEST, INTO, LAST = (f"{n}0000000-0000-4000-a000-000000000000" for n in (1, 2, 3))
Forget = Callable[..., Result]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, SandboxOptions]]:
    world = simulate(3, date(2025, 1, 1), date(2025, 1, 10), properties=1)
    options = SandboxOptions(merged_customers={GUEST: INTO, INTO: LAST, LAST: GUEST})
    clock = Clock(datetime(2025, 1, 9, tzinfo=UTC))
    with running_sandbox(world, clock, options) as address, stamina.set_testing(True):
        yield address, options


@pytest.fixture
def environment(served: tuple[str, SandboxOptions], tmp_path: Path) -> dict[str, str]:
    return variables_for(served[0]) | {
        "MEWS_WAREHOUSE": str(tmp_path / "data" / "w.duckdb"),
        "DAGSTER_HOME": str(tmp_path / "no_dagster"),
    }


@pytest.fixture
def forget(environment: dict[str, str]) -> Forget:
    def run(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app, ["forget", *arguments], env=environment, input=given)

    return run


def forgotten(environment: dict[str, str]) -> frozenset[str]:
    with warehouse_of(environment["MEWS_WAREHOUSE"]).open() as connection:
        return are_forgotten(connection, {GUEST, INTO, LAST})


def test_an_argument_that_is_no_id_is_named_and_nothing_is_done(
    forget: Forget, environment: dict[str, str]
) -> None:
    refused = forget(GUEST, "guest@example.com")
    assert refused.exit_code == 1
    assert "number 2 of the ids is none: 'guest@example.com'" in refused.stderr
    assert not forgotten(environment)


def test_it_says_what_it_did_and_cannot_reach_and_never_who(
    forget: Forget, environment: dict[str, str]
) -> None:
    done = forget(GUEST)
    assert done.exit_code == 0
    assert "Nothing of these persons is in the warehouse" in done.stdout
    assert "no records were searched" in done.stdout
    assert "Backups" in done.stdout
    assert GUEST not in done.output
    assert forgotten(environment) == {GUEST}
    assert "Forgotten before: 1 of 1 persons" in forget(GUEST).stdout


def test_ids_come_from_the_input_too(forget: Forget, environment: dict[str, str]) -> None:
    assert forget("-", given=f"{GUEST.upper()}\n{LAST}\n").exit_code == 0
    assert forgotten(environment) == {GUEST, LAST}


def test_a_dry_run_remembers_nobody(forget: Forget, environment: dict[str, str]) -> None:
    assert forget(GUEST, "--dry-run").exit_code == 0
    assert not forgotten(environment)


def test_a_chain_of_merges_with_a_loop_is_followed(
    forget: Forget, environment: dict[str, str]
) -> None:
    done = forget(GUEST, "--follow-merges")
    assert done.exit_code == 0, done.output
    assert "merged into: 2" in done.stdout
    assert forgotten(environment) == {GUEST, INTO, LAST}


def test_without_the_permission_the_given_ids_are_forgotten_and_it_says_so(
    forget: Forget, environment: dict[str, str], served: tuple[str, SandboxOptions]
) -> None:
    served[1].denied_operations["*"] = {"customers/getAll"}
    try:
        done = forget(GUEST, "--follow-merges")
    finally:
        served[1].denied_operations.clear()
    assert done.exit_code == 3
    assert "Merges were not followed" in done.stdout
    assert forgotten(environment) == {GUEST}
