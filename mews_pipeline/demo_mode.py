"""Where the settings name no Mews: the bundled sandbox in its place, with the demo's warehouse.

A file beside the warehouse marks it as the demo's and holds the first day of its world. Such a
warehouse takes no rows of a real Mews, and a warehouse without the mark takes none of the sandbox.
"""

import atexit
import os
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import private_file, private_folder
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    World,
    running_sandbox,
    simulate,
)
from mews_pipeline.settings import LAKE, LocalSettings, Settings, load, tokens_are_given

# More than the 364 days to the same weekday of last year, so that the demo can compare
BACKFILL_DAYS = 380
LIVED_DAYS = 14
# Without a demo, `make dev` backfills these in runs of a few days each
RECENT_DAYS = 60
SEED = 1
# Simulated beyond the demo, for make dev
_AHEAD = timedelta(days=400)
_UNTIL_THE_END = ExitStack()
atexit.register(_UNTIL_THE_END.close)


class DemoError(PipelineError):
    """The demo cannot run, or cannot go on; the message says why and what to do."""


def today() -> date:
    """Return the UTC day."""
    return datetime.now(UTC).date()


def demo_world(start: date) -> World:
    """Simulate the hotels of a demo that starts on that day."""
    return simulate(*world_arguments(start))


def world_arguments(start: date) -> tuple[int, date, date]:
    """Return seed, first and last day of the world of a demo that starts on that day."""
    return SEED, start, start + timedelta(days=BACKFILL_DAYS + LIVED_DAYS) + _AHEAD


def sandbox_environment(address: str, start: date, warehouse: Path) -> dict[str, str]:
    """Return the settings that point the pipeline at the sandbox, ignoring `.env`."""
    return {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
        "MEWS_CLIENT": "mews_pipeline demo",
        "MEWS_START_DATE": start.isoformat(),
        "MEWS_WAREHOUSE": str(warehouse),
        # The sandbox of the demo has no limit
        "MEWS_RATE_LIMIT": "100000",
    }


def mark(warehouse: Path, start: date) -> None:
    """Mark the warehouse, which may not exist yet, as that of a demo that starts on this day."""
    private_folder(warehouse.parent)
    private_file(_mark(warehouse)).write_text(start.isoformat(), encoding="utf-8")


def first_day(warehouse: Path) -> date | None:
    """Return the first day of the demo that made this warehouse; None if no demo did."""
    try:
        return date.fromisoformat(_mark(warehouse).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def is_on() -> bool:
    """Whether no token is set, and the warehouse is absent or the demo's own."""
    if tokens_are_given():
        return False
    address = load(LocalSettings).warehouse
    if address.startswith(LAKE):
        return False
    return not Path(address).exists() or first_day(Path(address)) is not None


def refuse_real_tokens() -> None:
    """Raise DemoError when the settings name a Mews other than the sandbox, and a demo's warehouse.

    What is malformed or missing is reported by those who load the settings.
    """
    if not tokens_are_given():
        return
    settings = load(Settings)
    given = {token.get_secret_value() for token in settings.access_tokens}
    if settings.warehouse.startswith(LAKE) or given == {PORTFOLIO_TOKEN}:
        return
    warehouse = Path(settings.warehouse)
    if not warehouse.exists():
        # Of a file that was removed: a new one will hold rows of a real Mews
        _mark(warehouse).unlink(missing_ok=True)
    elif first_day(warehouse):
        raise DemoError(
            f"{warehouse} is the warehouse of the demo, whose hotels are simulated: it takes no "
            "rows of a real Mews. Name another file in MEWS_WAREHOUSE, or remove this one."
        )


@cache
def enter() -> str:
    """Serve the sandbox until this process ends, and point the settings at it.

    Return the line that says so to the user. Raises SettingsError and DemoError.
    """
    warehouse = Path(load(LocalSettings).warehouse)
    start = first_day(warehouse) or today() - timedelta(days=RECENT_DAYS)
    mark(warehouse, start)
    address = _UNTIL_THE_END.enter_context(running_sandbox(demo_world(start)))
    os.environ.update(sandbox_environment(address, start, warehouse))
    return (
        "Demo mode: no token is set, so the bundled sandbox answers in place of Mews "
        f"(simulated since {start}, {warehouse})"
    )


def _mark(warehouse: Path) -> Path:
    return warehouse.with_name(f"{warehouse.name}.demo")
