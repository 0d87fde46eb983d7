"""What was fetched of a random world: windows with gaps, reference data, stays, refusals."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from mews_pipeline_tests.models.brute_force.rows import Landing

REFUSABLE = ("resource_blocks", "resources", "resource_category_assignments")
LISTED = ("enterprises", "services", *REFUSABLE, "resource_categories")
_MINUTE = timedelta(minutes=1)


def _fetch(landing: Landing, operation: str, token: str, hotel: str, **content: object) -> None:
    opens = content.get("window_start_utc") or content.get("stays_start_utc")
    landing.add(
        "fetches",
        **{
            "fetch_id": f"{operation}-{token}-{landing.at}-{opens}",
            "operation": operation,
            "token_key": token,
            "started_utc": landing.at - 2 * _MINUTE,
            "finished_utc": landing.at - _MINUTE,
            "fetched_through_utc": landing.at - 3 * _MINUTE,
            "pages": 1,
            "rows": 1,
            "new_versions": 1,
            "refused": None,
            "enterprise_ids": json.dumps([hotel]),
            **content,
        },
    )


def _spans(
    opens: datetime, last: datetime, rng: random.Random
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the windows up to the last known instant; some are missing."""
    while opens < last:
        closes = min(opens + timedelta(days=rng.choice((5, 10, 30))), last)
        if rng.random() < 0.85 or closes == last:
            yield opens, closes
        opens = closes


def _updates(landing: Landing, name: str, rng: random.Random, last: datetime) -> None:
    """Record the updates that a hotel's token fetched, before and after it was renewed."""
    old = rng.choice((f"token-{name}", f"renewed-{name}"))
    run = rng.choice((None, f"run of {landing.at}"))
    for operation in ("reservations", "product_service_orders"):
        for opens, closes in _spans(last - timedelta(days=30), last, rng):
            token = f"token-{name}" if closes == last else old
            named = [name] if token != f"token-{name}" or rng.random() < 0.8 else []
            _fetch(
                landing,
                operation,
                token,
                name,
                window_start_utc=opens,
                window_end_utc=closes + timedelta(hours=rng.choice((0, 0, 14))),
                fetched_through_utc=min(closes, landing.at - 3 * _MINUTE),
                enterprise_ids=json.dumps(named),
                root_run_id=run,
            )


def _stays(landing: Landing, name: str, rng: random.Random) -> None:
    """Record the search by stay dates: whole, not all of it yet, or refused in one window."""
    opens = landing.at - timedelta(days=8)
    fate = rng.choice((*["whole"] * 5, "part", "gap", "refused"))
    for number in range(8):
        closes = opens + timedelta(days=93)
        is_odd = number == 4
        if not (is_odd and fate == "gap") and not (number > 4 and fate == "part"):
            _fetch(
                landing,
                "reservations_by_stay",
                f"token-{name}",
                name,
                stays_start_utc=opens,
                stays_end_utc=closes + timedelta(seconds=1),
                finished_utc=landing.at - _MINUTE - timedelta(seconds=10 * (8 - number)),
                refused="401 no permission" if is_odd and fate == "refused" else None,
            )
        opens = closes


def record(
    landing: Landing, names: list[str], rng: random.Random, refused: set[tuple[str, str]]
) -> None:
    """Record what each hotel's token fetched, and one of two hotels that may not see everything."""
    # One may not have been fetched for more than 30 days
    stopped = rng.choice((*names, None))
    for name in names:
        days = 33 if name == stopped else 0
        hours = rng.choice((0, 0, 0, 5, 70))
        _updates(landing, name, rng, landing.at - timedelta(days=days, hours=hours))
        for operation in LISTED:
            why = "401 no permission" if (operation, name) in refused else None
            through = None if why else landing.at
            ids = [] if why and rng.random() < 0.5 else [name]
            _fetch(
                landing,
                operation,
                f"token-{name}",
                name,
                refused=why,
                fetched_through_utc=through,
                enterprise_ids=json.dumps(ids),
            )
        _stays(landing, name, rng)
    # A token of two properties that may not see everything, or not even which they are
    for operation in REFUSABLE:
        why = "401 no permission" if (operation, "group") in refused else None
        unknown = rng.choice((None, "[]"))
        ids_of_group = unknown if (operation, "every") in refused else json.dumps(names[:2])
        _fetch(
            landing, operation, "token-group", names[0], refused=why, enterprise_ids=ids_of_group
        )
