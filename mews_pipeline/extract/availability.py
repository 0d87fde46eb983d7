"""Fetch a daily snapshot of availability by Mews, to compare our own numbers with.

Source: docs/mews-api.md, "Availability" (one service per request, at most 367 days, local midnights
as UTC).
"""

from collections.abc import AsyncGenerator, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from mews_pipeline.extract import listing
from mews_pipeline.extract.entities import AVAILABILITY
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.mews import (
    SERVICES_GET_ALL,
    SERVICES_GET_AVAILABILITY,
    MewsClient,
    Page,
    Record,
)
from mews_pipeline.mews.enterprises import enterprise_pages
from mews_pipeline.mews.errors import BadRequestError
from mews_pipeline.settings import Settings

# The past month and the coming year do not fit into the 367 days of one request.
_SPANS = ((timedelta(days=-30), timedelta(days=-1)), (timedelta(0), timedelta(days=364)))
# HouseUse was added later: an older version of the operation refuses it (docs/mews-api.md,
# "Availability").
_LATER_METRICS = {"HouseUse"}


async def snapshot(client: MewsClient, folder: Path, settings: Settings) -> Fetched:
    """Fetch the last 30 and the next 365 days of every active daily bookable service.

    Raises MewsError for anything but a refusal.
    """
    fetched = listing.new(client, AVAILABILITY, folder)
    await listing.fetch(fetched, pages(client, settings))
    return fetched


async def pages(client: MewsClient, settings: Settings) -> AsyncGenerator[Page, None]:
    """Yield a page per service and span of days. Raises MewsError."""
    zones: dict[str, ZoneInfo] = {}
    async for page in enterprise_pages(client, settings.enterprise_ids):
        zones |= {e["Id"]: zone for e in page.records if (zone := _zone(e))}
    async for page in client.all_pages(SERVICES_GET_ALL, settings.enterprise_scope):
        for service in filter(_is_daily, page.records):
            if zone := zones.get(service["EnterpriseId"]):
                today = page.server_time.astimezone(zone).date()
                for first, last in _SPANS:
                    yield await _span(client, service["Id"], zone, today + first, today + last)


def _zone(enterprise: Record) -> ZoneInfo | None:
    """Return the zone of an enterprise; None where this machine does not know it."""
    try:
        return ZoneInfo(enterprise["TimeZoneIdentifier"])
    except (KeyError, TypeError, ValueError):
        return None


def _is_daily(service: Record) -> bool:
    data = service.get("Data") or {}
    value = data.get("Value") or {}
    unit = value.get("TimeUnitPeriod") or value.get("TimeUnit") or "Day"
    return bool(
        service.get("IsActive") and data.get("Discriminator") == "Bookable" and unit == "Day"
    )


async def _span(
    client: MewsClient, service_id: str, zone: ZoneInfo, first: date, last: date
) -> Page:
    span: dict[str, Any] = {
        "service_id": UUID(service_id),
        "first_time_unit_start_utc": datetime.combine(first, time(), zone),
        "last_time_unit_start_utc": datetime.combine(last, time(), zone),
    }
    request = SERVICES_GET_AVAILABILITY.request(**span)
    try:
        response = await client.call(SERVICES_GET_AVAILABILITY, request)
    except BadRequestError as error:
        if error.invalid_parameter != "Metrics":
            raise
        fewer = [metric for metric in request.metrics if metric not in _LATER_METRICS]
        request = SERVICES_GET_AVAILABILITY.request(**span, metrics=fewer)
        response = await client.call(SERVICES_GET_AVAILABILITY, request)
    records = list(_records(service_id, response.record, response.server_time))
    return Page(response.content, records, None, response.server_time)


def _records(service_id: str, found: Record, at: datetime) -> Iterator[Record]:
    starts = found.get("TimeUnitStartsUtc") or []
    for category in found.get("ResourceCategoryAvailabilities") or []:
        for metric, values in category["Metrics"].items():
            for start, value in zip(starts, values, strict=True):
                yield {
                    "ServiceId": service_id,
                    "ResourceCategoryId": category["ResourceCategoryId"],
                    "TimeUnitStartUtc": start,
                    "Metric": metric,
                    "Value": value,
                    "SnapshotUtc": at.isoformat(),
                }
