"""`dg launch` ends on a wrong asset, job or day with one line that names those there are."""

import sys
from datetime import date

import dagster as dg
import pytest

from mews_pipeline.defs.wrong_names import report_wrong_names, wrong_days, wrong_names

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
KNOWN = ["mews/reservations", "mews/product_service_orders", "fct_occupancy_daily"]


@dg.asset(key=["mews", "reservations"])
def an_asset() -> None:
    """Stand for a raw table."""


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the arguments of a command whose wrong names are reported."""
    arguments = ["/opt/bin/dg", "launch"]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    report_wrong_names(dg.Definitions([an_asset]), FIRST, LAST)
    return arguments


def ended(error: Exception) -> None:
    sys.excepthook(type(error), error, error.__traceback__)


def test_a_wrong_asset_names_the_nearest() -> None:
    assert list(wrong_names("asset", ["key:mews/reservation"], KNOWN)) == [
        "There is no asset mews/reservation. The nearest: mews/reservations."
    ]
    assert list(wrong_names("asset", ["mews/reservations,occupancy"], KNOWN)) == [
        "There is no asset occupancy. The nearest: fct_occupancy_daily."
    ]
    assert list(wrong_names("asset", ["*", 'key:"mews/reservations"', "tag:x=y"], KNOWN)) == []


@pytest.mark.parametrize("partition", ["2025-12-31", "2026-02-01", "yesterday", ""])
def test_a_wrong_day_names_the_valid_range(partition: str) -> None:
    (sentence,) = wrong_days([partition], FIRST, LAST)
    assert sentence == (
        f"There is no partition {partition}: there is one for each UTC day from 2026-01-01 "
        "(MEWS_START_DATE) to 2026-01-31."
    )


def test_the_first_and_the_last_day_and_their_groups_are_valid() -> None:
    assert list(wrong_days(["2026-01-01...2026-01-31", "2026-01-31|000-of-2"], FIRST, LAST)) == []


def test_the_command_ends_with_one_line(
    launched: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    launched += ["--assets", "key:mews/reservation", "--partition=2020-01-05"]
    ended(ValueError("of Dagster"))
    shown = capsys.readouterr().err
    assert shown.startswith("Error: There is no asset mews/reservation.")
    assert "no partition 2020-01-05" in shown
    assert shown.count("\n") == 1


def test_another_error_keeps_its_traceback(
    launched: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    launched += ["--assets", "key:mews/reservations", "--partition", "2026-01-05"]
    ended(ValueError("of something else"))
    assert "ValueError: of something else" in capsys.readouterr().err


def test_other_programs_keep_their_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/opt/bin/pytest"])
    before = sys.excepthook
    report_wrong_names(dg.Definitions([an_asset]), FIRST, LAST)
    assert sys.excepthook is before
