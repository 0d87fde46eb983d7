"""Rooms sold and what they earned, per night, property, definition and currency."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from mews_pipeline_tests.models.brute_force import expected_money as money
from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force import expected_portfolio as portfolio
from mews_pipeline_tests.models.brute_force import expected_spaces as spaces
from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.item_versions import (
    NOTHING,
    Items,
    most_specific,
    seed,
)
from mews_pipeline_tests.models.brute_force.rows import Row

A_YEAR = timedelta(days=364)
KEYS = ("enterprise_id", "stay_date", "definition", "currency")
ROOMS = ("rooms_occupied", "rooms_sold", "rooms_complimentary", "spaces_occupied")
REVENUE = ("room_revenue", "total_revenue")
LAST_YEAR = ("rooms_sold_last_year", "room_revenue_last_year", "total_revenue_last_year")
NIGHTS = {"SpaceOrder", "NightRebate"}
Key = tuple[str, date, str, str]


def _definitions() -> list[str]:
    return sorted({row["definition"] for row in seed("revenue_definitions")})


@lru_cache(maxsize=4)
def default_currencies(facts: Facts) -> dict[str, str]:
    """Return the default currency of each property."""
    found: defaultdict[str, str] = defaultdict(lambda: "unknown")
    rows = facts.latest("enterprise_currencies").values()
    for row in sorted(rows, key=lambda row: row["currency"], reverse=True):
        if row["is_default"]:
            found[row["enterprise_id"]] = row["currency"]
    return found


@lru_cache(maxsize=4)
def item_nights(facts: Facts) -> set[tuple[str, date | None]]:
    """Return the reservations and nights that have a night item, an amount or not."""
    items = Items(facts)
    return {
        (says[-1].where[2], items.stands_on(item_id))
        for item_id, says in items.says.items()
        if says[-1].where[4] == "SpaceOrder" and says[-1].state != "Canceled"
    }


@lru_cache(maxsize=4)
def paid_nights(facts: Facts) -> dict[tuple[str, date | None], bool]:
    """Return whether the reservations and nights with an amount are above zero after rebates.

    A night is, if it is so in any currency.
    """
    sums: defaultdict[tuple[str, date | None, str], Decimal] = defaultdict(Decimal)
    for one in money.postings(facts):
        place = dict(zip(money.PLACE, one.place, strict=True))
        if place["bucket"] == "definite" and place["item_type"] in NIGHTS:
            key = place["service_order_id"], place["revenue_date"], place["currency"]
            sums[key] += one.net  # type: ignore[index]
    found: dict[tuple[str, date | None], bool] = {}
    for (order, day, _), net in sums.items():
        if net:
            found[order, day] = found.get((order, day), False) or net > 0
    return found


def _rooms(facts: Facts) -> dict[tuple[str, date], dict[str, int]]:
    """Count the definite nights of lodging that are sold, and those that are complimentary."""
    with_item, paid = item_nights(facts), paid_nights(facts)
    found: defaultdict[tuple[str, date], dict[str, int]] = defaultdict(
        lambda: {"rooms_sold": 0, "rooms_complimentary": 0}
    )
    for version in occupancy.latest(facts):
        service = version.service
        if version.bucket != "definite" or service is None or not service.is_lodging:
            continue
        for night in facts.within_window(version.nights):
            key = version.row["id"], night
            if key in with_item:
                name = "rooms_sold" if paid.get(key) else "rooms_complimentary"
                found[service.enterprise_id, night][name] += 1
    return found


def _earned(facts: Facts) -> dict[Key, dict[str, Decimal]]:
    """Add up definite revenue by what each definition counts."""
    found: defaultdict[Key, dict[str, Decimal]] = defaultdict(
        lambda: dict.fromkeys(REVENUE, NOTHING)
    )
    for row in money.revenue_daily(facts):
        if row["bucket"] != "definite" or row["revenue_date"] is None:
            continue
        enterprise_id = row["enterprise_id"]
        for definition in _definitions():
            rule = most_specific(
                "revenue_definitions", enterprise_id, row["item_type"], row["classification"],
                definition,
            )  # fmt: skip
            if rule is None:
                continue
            cell = found[enterprise_id, row["revenue_date"], definition, row["currency"]]
            for name in REVENUE:
                cell[name] += row["net"] if rule[f"in_{name}"] == "true" else 0
    return found


@lru_cache(maxsize=4)
def rooms_sold_daily(facts: Facts) -> list[Row]:
    """Expect fct_rooms_sold_daily: every night of each hotel."""
    nights = {(r["enterprise_id"], r["stay_date"]): r for r in portfolio.portfolio_daily(facts)}
    sold, rows = _rooms(facts), []
    for enterprise_id in {s.enterprise_id for s in facts.services.values() if s.is_lodging}:
        known = spaces.known(facts, enterprise_id)
        for night in facts.days:
            row = nights.get((enterprise_id, night), {})
            counts = {name: row.get(name, 0) for name in ROOMS} | sold.get(
                (enterprise_id, night), {"rooms_sold": 0, "rooms_complimentary": 0}
            )
            active = row.get("spaces_active", 0) if known.spaces else None
            usable = row.get("spaces_usable", 0) if known.spaces and known.blocks else None
            capacity = {"spaces_active": active, "spaces_usable": usable}
            rows.append({"enterprise_id": enterprise_id, "stay_date": night, **counts, **capacity})
    return rows


def revenue_definitions(facts: Facts) -> list[Row]:
    """Expect dim_revenue_definition: what each definition says of items that were ever posted."""
    names = ("enterprise_id", "item_type", "classification")
    pairs = {tuple(row[name] for name in names) for row in money.revenue_ledger(facts)}
    expected = []
    for pair in pairs:
        for definition in _definitions():
            rule = most_specific("revenue_definitions", *pair, definition)
            if rule is not None:
                flags = {f"in_{name}": rule[f"in_{name}"] == "true" for name in REVENUE}
                row = dict(zip(names, pair, strict=True))
                expected.append({**row, "definition": definition, **flags})
    return expected


def _room_rows(facts: Facts) -> dict[Key, Row]:
    """Return the rows of each hotel's default currency: every night and every definition."""
    rows = {}
    for row in rooms_sold_daily(facts):
        currency = default_currencies(facts)[row["enterprise_id"]]
        for definition in _definitions():
            available = row["spaces_active" if definition == "usali" else "spaces_usable"]
            key = row["enterprise_id"], row["stay_date"], definition, currency
            rows[key] = {"rooms_available": available, **{name: row[name] for name in ROOMS}}
    return rows


def _property_rows(facts: Facts) -> dict[Key, Row]:
    """Return the rows of all properties; without any item, what a property earned is not known."""
    rooms, earned = _room_rows(facts), _earned(facts)
    nothing = dict.fromkeys(("rooms_available", *ROOMS))
    known = {row["enterprise_id"] for row in money.revenue_ledger(facts)}
    unknown = dict.fromkeys(("rooms_sold", "rooms_complimentary", *REVENUE))
    return {
        key: {
            "is_default_currency": key in rooms,
            **rooms.get(key, nothing),
            **earned.get(key, dict.fromkeys(REVENUE, NOTHING)),
            **({} if key[0] in known else unknown),
        }
        for key in {*rooms, *earned}
        if facts.days[0] <= key[1] <= facts.days[-1]
    }


def _with_last_year(rows: dict[Key, Row]) -> None:
    """Add last year's figures, known from a property's first night with rooms or money on."""
    known_from: dict[str, date] = {}
    for key, row in rows.items():
        is_earned = row["room_revenue"] is not None
        if is_earned and (row["rooms_occupied"] or any(row[name] for name in REVENUE)):
            known_from[key[0]] = min(known_from.get(key[0], key[1]), key[1])
    for key, row in rows.items():
        before = key[1] - A_YEAR
        is_known = key[0] in known_from and before >= known_from[key[0]]
        last = rows.get((key[0], before, *key[2:]), {})
        for name in LAST_YEAR:
            row[name] = (last.get(name.removesuffix("_last_year")) or 0) if is_known else None
        if not row["is_default_currency"]:
            row["rooms_sold_last_year"] = None


def _totals(rows: dict[Key, Row]) -> dict[Key, Row]:
    """Return the portfolio's rows: sums of the properties whose default currency it is."""
    parts: defaultdict[Key, list[Row]] = defaultdict(list)
    for key, row in rows.items():
        if row["is_default_currency"] and row["room_revenue"] is not None:
            parts["all", key[1], key[2], key[3]].append(row)
    found = {}
    for key, several in parts.items():
        total: Row = {"is_default_currency": True}
        for name in ("rooms_available", *ROOMS, *REVENUE, *LAST_YEAR):
            values = [row[name] for row in several]
            total[name] = None if None in values else sum(values)
        found[key] = total
    return found


def _ratio(number: Decimal | int | None, of: int | None) -> float | None:
    return float(number) / of if of and number is not None else None


def performance_daily(facts: Facts) -> list[Row]:
    """Expect rpt_performance_daily."""
    rows = _property_rows(facts)
    _with_last_year(rows)
    return [
        {
            **dict(zip(KEYS, key, strict=True)),
            **row,
            "occupancy": _ratio(row["spaces_occupied"], row["rooms_available"]),
            "adr": _ratio(row["room_revenue"], row["rooms_sold"]),
            "revpar": _ratio(row["room_revenue"], row["rooms_available"]),
            "trevpar": _ratio(row["total_revenue"], row["rooms_available"]),
        }
        for key, row in {**rows, **_totals(rows)}.items()
    ]
