"""Random draws that all parts of the simulation share."""

from datetime import datetime, timedelta
from random import Random

# A few edits happen at midnight UTC exactly: the boundary between two day partitions.
_MIDNIGHT_SHARE = 0.02


def happens(rng: Random, share: float) -> bool:
    """Draw whether something happens that has this probability."""
    return rng.random() < share


def moment(rng: Random, earliest: datetime, latest: datetime) -> datetime | None:
    """Draw a whole second in [earliest, latest); None if there is none."""
    seconds = int((latest - earliest).total_seconds())
    if seconds < 1:
        return None
    drawn = earliest + timedelta(seconds=rng.randrange(seconds))
    if happens(rng, _MIDNIGHT_SHARE):
        midnight = drawn.replace(hour=0, minute=0, second=0)
        return midnight if midnight > earliest else drawn
    return drawn


def soon(rng: Random, after: datetime, mean_hours: float) -> datetime:
    """Draw an instant at least a second after another, with an exponential delay."""
    return after + timedelta(seconds=1 + int(rng.expovariate(1 / (3600 * mean_hours))))
