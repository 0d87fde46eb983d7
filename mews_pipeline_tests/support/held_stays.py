"""Know which reservations of a sandbox's world are fetched by when they hold."""

from datetime import datetime, timedelta
from typing import Any

from mews_pipeline.sandbox import World


def held(world: World, first_fetch: datetime) -> list[dict[str, Any]]:
    """Return the reservations that hold from eight days before a first fetch to 730 days after."""
    begin, end = first_fetch - timedelta(days=8), first_fetch + timedelta(days=730)
    return [
        record
        for record in world.as_of("reservations", first_fetch)
        if datetime.fromisoformat(record["StartUtc"]) < end
        and datetime.fromisoformat(record["EndUtc"]) > begin
    ]
