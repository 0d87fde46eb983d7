"""Fetch the reservations of each property once by when they hold.

A booking that was made before the first window of UpdatedUtc, and not touched since, is in no such
window: without this it would be missing from future books until its check-in.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import Window, lies_in
from mews_pipeline.mews import RESERVATIONS_GET_ALL, Interval, MewsClient, Page
from mews_pipeline.mews.intervals import OVERLAP
from mews_pipeline.mews.intervals import windows as cut
from mews_pipeline.settings import Settings

# Earlier stays were touched at check-in or check-out, later than the longest editable history
# (7 days; docs/mews-api.md, "UpdatedUtc and history")
_BEFORE = timedelta(days=8)
_AHEAD = timedelta(days=730)

# The windows that were fetched of each enterprise, by its id
Landed = Mapping[str, Sequence[Window]]


def missing(landed: Sequence[Window], now: datetime) -> list[Window]:
    """Return the windows of stays that an enterprise lacks: all from eight days before its first.

    The windows that an interrupted fetch landed are not asked for again.
    """
    begun = min((window.start for window in landed), default=now.replace(microsecond=0) - _BEFORE)
    wanted = cut(Interval(begun, begun + _BEFORE + _AHEAD), overlap=OVERLAP)
    windows = [Window(part.start, part.end) for part in wanted if part.start and part.end]
    return [window for window in windows if not lies_in(window, landed)]


def lacking(opened: Iterable[str], landed: Landed, now: datetime) -> dict[Window, set[str]]:
    """Return the windows of stays that any of these enterprises lacks, and which of them do."""
    found: defaultdict[Window, set[str]] = defaultdict(set)
    for enterprise in opened:
        for window in missing(landed.get(enterprise, ()), now):
            found[window].add(enterprise)
    return dict(sorted(found.items()))


def scope(settings: Settings, services: Set[UUID]) -> dict[str, list[UUID]] | None:
    """Return the filters of the settings' ids for a token that opens these services.

    None if it opens none of the services that the settings restrict all fetches to.
    """
    ours = [service for service in settings.service_ids if service in services]
    if settings.service_ids and not ours:
        return None
    return settings.enterprise_scope | ({"service_ids": ours} if ours else {})


def fetches(
    client: MewsClient,
    folder: Path,
    scope: Mapping[str, Sequence[UUID]] | None,
    opened: Set[str],
    lacked: Mapping[Window, Set[str]],
) -> Iterator[tuple[Fetched, AsyncGenerator[Page, None]]]:
    """Yield the fetches of what the opened enterprises lack, each with its pages.

    `scope` has the filters of ids; nothing is fetched without. Enterprises are named only where
    that narrows what the token opens.
    """
    if scope is None:
        return
    for number, (window, enterprises) in enumerate(lacked.items()):
        key = client.credentials.token_key
        fetched = Fetched(RESERVATIONS, key, None, folder / f"stays-{number}", stays=window)
        fetched.enterprise_ids |= enterprises
        filters: dict[str, Any] = {**scope, "colliding_utc": Interval(window.start, window.end)}
        if "enterprise_ids" in scope or enterprises != opened:
            filters["enterprise_ids"] = [UUID(one) for one in sorted(enterprises)]
        yield fetched, client.all_pages(RESERVATIONS_GET_ALL, filters)
