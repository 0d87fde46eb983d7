"""The filters of each operation: how each is read from a body, and which records it matches.

Every documented filter: docs/mews-api.md, "Reservations", "Product service orders" and "Reference
operations".
"""

from collections.abc import Callable, Mapping
from typing import Any

from mews_pipeline.sandbox.hotels.service_orders import CHECKED_IN_STATES
from mews_pipeline.sandbox.server import validation
from mews_pipeline.sandbox.server.options import Bounds
from mews_pipeline.sandbox.server.refusals import invalid
from mews_pipeline.sandbox.server.validation import MAX_ITEMS, MAX_ITEMS_SHORT, Body

# A getter returns the value of a version that a filter compares; a predicate whether it matches.
Getter = Callable[[Any], Any]
Predicate = Callable[[Any], bool]
Filter = Callable[[Body, str, Bounds], Predicate | None]

STATES = ("Inquired", "Confirmed", "Started", "Processed", "Canceled", "Optional", "Requested")


def by_ids(get: Getter, max_items: int = MAX_ITEMS) -> Filter:
    """Return a filter by a list of ids."""

    def read(body: Body, name: str, _: Bounds) -> Predicate | None:
        wanted = validation.ids(body, name, max_items)
        return None if wanted is None else lambda version: get(version) in wanted

    return read


def by_texts(get: Getter, max_items: int = MAX_ITEMS) -> Filter:
    """Return a filter by a list of texts."""

    def read(body: Body, name: str, _: Bounds) -> Predicate | None:
        wanted = validation.texts(body, name, max_items)
        return None if wanted is None else lambda version: get(version) in wanted

    return read


def by_choices(get: Getter, allowed: tuple[str, ...]) -> Filter:
    """Return a filter by a list of values of an enum."""

    def read(body: Body, name: str, _: Bounds) -> Predicate | None:
        wanted = validation.choices(body, name, allowed)
        return None if wanted is None else lambda version: get(version) in wanted

    return read


def by_interval(get: Getter) -> Filter:
    """Return a filter by whether an instant is within an interval."""

    def read(body: Body, name: str, bounds: Bounds) -> Predicate | None:
        interval = validation.interval(body, name)
        return None if interval is None else lambda v: interval.holds(get(v), bounds)

    return read


def by_collision(first: Getter, last: Getter) -> Filter:
    """Return a filter by whether the record's interval overlaps the given one."""

    def read(body: Body, name: str, _: Bounds) -> Predicate | None:
        interval = validation.interval(body, name)
        if interval is None:
            return None
        start, end = interval.start, interval.end

        def collides(version: Any) -> bool:
            begins_before = end is None or first(version) < end
            return bool(begins_before and (start is None or last(version) > start))

        return collides

    return read


def by_type(get: Getter, allowed: tuple[str, ...]) -> Filter:
    """Return a filter by one value of an enum."""

    def read(body: Body, name: str, _: Bounds) -> Predicate | None:
        wanted = body.get(name)
        if wanted is None:
            return None
        if wanted not in allowed:
            raise invalid(name, f"Allowed are: {', '.join(allowed)}.")
        return lambda version: get(version) == wanted

    return read


def by_activity(default: frozenset[str]) -> Filter:
    """Return a filter by whether the record is active; `default` applies where it is not given."""

    def read(body: Body, name: str, _: Bounds) -> Predicate | None:
        wanted = validation.choices(body, name, ("Active", "Deleted")) or default
        return lambda v: ("Active" if v.fields["IsActive"] else "Deleted") in wanted

    return read


def by_default(own_ids: str) -> Filter:
    """Return a filter that excludes default products, unless a request asks for them or for ids."""

    def read(body: Body, name: str, _: Bounds) -> Predicate | None:
        wanted = body.get(name)
        if wanted is not None and not isinstance(wanted, bool):
            raise invalid(name, "True or false is expected.")
        is_included = bool(body.get(own_ids)) if wanted is None else wanted
        return None if is_included else lambda version: not version.fields["IsDefault"]

    return read


def by_extent(body: Body, name: str, _: Bounds) -> Predicate | None:
    """Read the extent of resources, which excludes inactive ones unless it asks for them.

    Source: docs/mews-api.md, "Reference operations".
    """
    extent = body.get(name)
    if not isinstance(extent, dict) or extent.get("Resources") is not True:
        raise invalid(name, f"{name}.Resources is required.")
    return None if extent.get("Inactive") else lambda version: version.fields["IsActive"]


def field(name: str) -> Getter:
    """Return a getter of a field of a reference record."""
    return lambda version: version.fields.get(name)


def _if_checked_in(get: Getter) -> Getter:
    """Limit a getter to started and processed reservations.

    Source: docs/mews-api.md, "Reservations".
    """
    return lambda version: get(version) if version.state in CHECKED_IN_STATES else None


ENTERPRISE_IDS = by_ids(lambda version: version.record.enterprise_id)
ACTIVE_AND_DELETED = by_activity(frozenset({"Active", "Deleted"}))

RESERVATIONS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ReservationIds": by_ids(lambda version: version.record.id),
    "ServiceIds": by_ids(lambda version: version.record.service.id),
    "ReservationGroupIds": by_ids(lambda version: version.record.group_id),
    "AccountIds": by_ids(lambda version: version.record.account_id),
    "PartnerCompanyIds": by_ids(lambda version: version.record.company_id, MAX_ITEMS_SHORT),
    "TravelAgencyIds": by_ids(lambda version: version.record.agency_id, MAX_ITEMS_SHORT),
    "Numbers": by_texts(lambda version: version.record.number),
    "ChannelNumbers": by_texts(lambda version: version.record.channel_number, MAX_ITEMS_SHORT),
    "AssignedResourceIds": by_ids(lambda version: version.space.id if version.space else None),
    "AvailabilityBlockIds": by_ids(lambda version: version.record.block_id, MAX_ITEMS_SHORT),
    "CreatedUtc": by_interval(lambda version: version.record.created),
    "UpdatedUtc": by_interval(lambda version: version.updated),
    "CollidingUtc": by_collision(lambda version: version.start, lambda version: version.end),
    "ScheduledStartUtc": by_interval(lambda version: version.start),
    "ActualStartUtc": by_interval(_if_checked_in(lambda version: version.actual_start)),
    "ScheduledEndUtc": by_interval(lambda version: version.end),
    "ActualEndUtc": by_interval(_if_checked_in(lambda version: version.actual_end)),
    "States": by_choices(lambda version: version.state, STATES),
}
PRODUCT_SERVICE_ORDERS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ProductServiceOrderIds": by_ids(lambda version: version.record.id),
    "ServiceIds": by_ids(lambda version: version.record.service.id),
    "AccountIds": by_ids(lambda version: version.record.account_id),
    "LinkedReservationIds": by_ids(
        lambda version: version.record.stay.id if version.record.stay else None
    ),
    "CreatedUtc": by_interval(lambda version: version.record.created),
    "UpdatedUtc": by_interval(lambda version: version.updated),
    "States": by_choices(lambda version: version.state, STATES),
}
ENTERPRISES: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ExternalIdentifiers": by_texts(field("ExternalIdentifier")),
    "LinkedUtc": by_interval(field("CreatedUtc")),
    "UpdatedUtc": by_interval(field("UpdatedUtc")),
}
SERVICES: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ServiceIds": by_ids(field("Id")),
    "ServiceType": by_type(
        lambda version: version.fields["Data"]["Discriminator"], ("Bookable", "Additional")
    ),
    "UpdatedUtc": by_interval(field("UpdatedUtc")),
}
RESOURCES: Mapping[str, Filter] = {
    "Extent": by_extent,
    "EnterpriseIds": ENTERPRISE_IDS,
    "ResourceIds": by_ids(field("Id")),
    "Names": by_texts(field("Name")),
    "CreatedUtc": by_interval(field("CreatedUtc")),
    "UpdatedUtc": by_interval(field("UpdatedUtc")),
}
RESOURCE_CATEGORIES: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ServiceIds": by_ids(field("ServiceId")),
    "ResourceCategoryIds": by_ids(field("Id")),
    "UpdatedUtc": by_interval(lambda version: version.updated),
    "ActivityStates": ACTIVE_AND_DELETED,
}
RESOURCE_CATEGORY_ASSIGNMENTS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ResourceCategoryIds": by_ids(field("CategoryId")),
    "ResourceCategoryAssignmentIds": by_ids(field("Id")),
    "ResourceIds": by_ids(field("ResourceId")),
    "UpdatedUtc": by_interval(field("UpdatedUtc")),
    "ActivityStates": ACTIVE_AND_DELETED,
}
RESOURCE_BLOCKS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ResourceBlockIds": by_ids(field("Id")),
    "AssignedResourceIds": by_ids(field("AssignedResourceId")),
    "CollidingUtc": by_collision(field("StartUtc"), field("EndUtc")),
    "CreatedUtc": by_interval(field("CreatedUtc")),
    "UpdatedUtc": by_interval(field("UpdatedUtc")),
    # Deleted blocks only on request (docs/mews-api.md, "Reference operations")
    "ActivityStates": by_activity(frozenset({"Active"})),
}
AGE_CATEGORIES: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "AgeCategoryIds": by_ids(field("Id")),
    "ServiceIds": by_ids(field("ServiceId")),
    "UpdatedUtc": by_interval(field("UpdatedUtc")),
    "ActivityStates": ACTIVE_AND_DELETED,
}
