"""The raw order items of a world: their versions, what each says, and what is decided elsewhere."""

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from mews_pipeline_tests.models.brute_force.facts import BUCKETS, ZONES, Facts
from mews_pipeline_tests.models.brute_force.rows import Row

SEEDS = Path(__file__).parents[3] / "dbt_project" / "seeds"
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
# What was first seen canceled and had been an option before
WAS_OPTION = {"ConfirmationMissed", "BookingAbandoned"}
NOTHING = Decimal(0)


@lru_cache(maxsize=4)
def seed(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a seed."""
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


@lru_cache(maxsize=4096)
def most_specific(
    name: str, enterprise_id: str, item_type: str, classification: str, definition: str = ""
) -> dict[str, str] | None:
    """Return the row of a seed that says most about an item: a property's own before all others."""
    rows = [
        row
        for row in seed(name)
        if row["enterprise_id"] in {"", enterprise_id}
        and row["item_type"] in {"*", item_type}
        and row["classification"] in {"*", classification}
        and row.get("definition", "") == definition
    ]
    order = ("enterprise_id", ""), ("item_type", "*"), ("classification", "*")
    return min(rows, key=lambda row: [row[key] == any_of for key, any_of in order], default=None)


def stream(enterprise_id: str, item_type: str, classification: str) -> str:
    """Return the stream of an item."""
    row = most_specific("revenue_streams", enterprise_id, item_type, classification)
    return row["stream"] if row else "unmapped"


@dataclass(frozen=True)
class Says:
    """What one version of an item says of itself."""

    at: datetime
    landed_at: datetime
    state: str
    # Where its amount belongs: enterprise, service, order, category, type, classification, currency
    where: tuple[str, ...]
    net: Decimal
    gross: Decimal
    day: date | None
    is_rebate: bool

    @property
    def has_amount(self) -> bool:
        """Return whether it has any money."""
        return bool(self.net or self.gross)


@dataclass(frozen=True)
class Step:
    """The bucket of an order from an instant on, if it was another one before."""

    at: datetime
    known_at: datetime
    bucket: str


class Items:
    """The order items of a world, by id, in order."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        found: defaultdict[str, list[Row]] = defaultdict(list)
        rows = facts.rows("order_items")
        for row in sorted(rows, key=lambda r: (r["updated_utc"], r["_landed_at"], r["_hash"])):
            found[row["id"]].append(row)
        self.rows = dict(found)
        self.says = {key: [self._says(row) for row in rows] for key, rows in found.items()}

    def _says(self, row: Row) -> Says:
        service = self._facts.services.get(row["service_id"])
        owner = service.enterprise_id if service else row["enterprise_id"]
        category = self._categories.get(row["accounting_category_id"], {})
        where = (
            owner,
            row["service_id"],
            row["service_order_id"],
            row["accounting_category_id"],
            row["type"],
            category.get("classification"),
            row["amount_currency"],
        )
        return Says(
            row["updated_utc"],
            row["_landed_at"],
            row["accounting_state"] or "unknown",
            tuple(one or "unknown" for one in where),
            row["amount_net_value"] or NOTHING,
            row["amount_gross_value"] or NOTHING,
            self._day(row, owner),
            _named(row) is not None,
        )

    def _day(self, row: Row, owner: str | None) -> date | None:
        """Return the local date of a night, or of the consumption of anything else."""
        name = self._enterprises.get(owner or "", {}).get("time_zone_identifier")
        at = row["consumed_utc"]
        if row["type"] == "SpaceOrder":
            at = row["start_utc"] or at
        if at is None or name not in ZONES:
            return None
        return at.astimezone(ZoneInfo(name)).date()  # type: ignore[no-any-return]

    @cached_property
    def _enterprises(self) -> dict[str, Row]:
        return self._facts.latest("enterprises")

    @cached_property
    def _categories(self) -> dict[str, Row]:
        return self._facts.latest("accounting_categories")

    @cached_property
    def rebated(self) -> dict[str, str]:
        """Return which item each rebate names."""
        found = {}
        for key, rows in self.rows.items():
            for row in rows:
                named = _named(row)
                if named:
                    found[key] = named
        return found

    def root(self, item_id: str) -> str | None:
        """Return the known item at the end of a chain of rebates; None in a circle."""
        seen = {item_id}
        at = self.rebated.get(item_id)
        while at is not None and at in self.rebated:
            if at in seen:
                return None
            seen.add(at)
            at = self.rebated[at]
        return at if at in self.says else None

    def stands_on(self, item_id: str) -> date | None:
        """Return the date of an item as it is now."""
        root = self.root(item_id)
        return (self.says[root][-1].day if root else None) or self.says[item_id][-1].day

    @cached_property
    def steps(self) -> dict[str, list[Step]]:
        """Return the buckets of each order over time, the first one from the beginning on."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for table in ("reservations", "product_service_orders"):
            for row in self._facts.rows(table):
                found[row["id"]].append(row)
        return {key: _steps(rows) for key, rows in found.items()}


def _named(row: Row) -> str | None:
    """Return the item that another one takes back."""
    data = json.loads(row["data"] or "{}")
    named: str | None = data.get("Rebate", {}).get("RebatedItemId")
    return named or data.get("AllowanceDiscount", {}).get("DiscountedOrderItemId")


def _steps(rows: list[Row]) -> list[Step]:
    rows.sort(key=lambda row: (row["updated_utc"], row["_landed_at"], row["_hash"]))
    first, steps = rows[0], []
    known_at = first["_landed_at"]
    begun = _bucket(first)
    if first["state"] == "Canceled" and (
        first.get("released_utc") or first.get("cancellation_reason") in WAS_OPTION
    ):
        begun = "optional"
        created, canceled = first["created_utc"] or first["updated_utc"], first["cancelled_utc"]
        opened = min(created, first["updated_utc"])
        is_dated = canceled is not None and opened <= canceled <= first["updated_utc"]
        steps.append(Step(canceled if is_dated else first["updated_utc"], known_at, _bucket(first)))
    steps.insert(0, Step(BEGINNING, known_at, begun))
    for row in rows[1:]:
        known_at = max(known_at, row["_landed_at"])
        steps.append(Step(row["updated_utc"], known_at, _bucket(row)))
    # What an order is from the beginning on is what items of unknown orders count as
    before = ["definite", *(step.bucket for step in steps)]
    return [step for step, former in zip(steps, before, strict=False) if step.bucket != former]


def _bucket(row: Row) -> str:
    """Return what items of an order in this state count as: what it owes once canceled stands."""
    return BUCKETS.get(row["state"], "unknown") or "definite"
