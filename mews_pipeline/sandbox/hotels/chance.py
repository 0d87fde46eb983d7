"""Draws that every part of the simulation makes: chances, and moments of a day."""

from datetime import datetime, timedelta
from random import Random

# A few edits fall on midnight UTC to the second: the seam between two day partitions.
_MIDNIGHT_SHARE = 0.02


def happens(rng: Random, share: float) -> bool:
    """Tell whether something that happens in this share of cases happens now."""
    return rng.random() < share


def moment(rng: Random, earliest: datetime, latest: datetime) -> datetime | None:
    """Draw a whole second in [earliest, latest); None where there is none."""
    seconds = int((latest - earliest).total_seconds())
    if seconds < 1:
        return None
    drawn = earliest + timedelta(seconds=rng.randrange(seconds))
    if happens(rng, _MIDNIGHT_SHARE):
        midnight = drawn.replace(hour=0, minute=0, second=0)
        return midnight if midnight > earliest else drawn
    return drawn


def soon(rng: Random, after: datetime, mean_hours: float) -> datetime:
    """Draw an instant after another, exponentially, to the second and at least one later."""
    return after + timedelta(seconds=1 + int(rng.expovariate(1 / (3600 * mean_hours))))
