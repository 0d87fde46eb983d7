"""The ledger of revenue, what it adds up to per day, and the books as of any instant."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.item_versions import (
    BEGINNING,
    NOTHING,
    Items,
    Says,
    stream,
)
from mews_pipeline_tests.models.brute_force.rows import Row

# Where money stands: date, bucket, then what Says.where names, and the stream
Place = tuple[date | None, str, str, str, str, str, str, str, str, str]
PLACE = (
    "revenue_date", "bucket", "enterprise_id", "service_id", "service_order_id",
    "accounting_category_id", "item_type", "classification", "currency", "stream",
)  # fmt: skip
Holding = tuple[Place, Decimal, Decimal]
DAILY = tuple(name for name in PLACE if name != "service_order_id")


@dataclass(frozen=True)
class Posting:
    """Money that arrives at a place or leaves it."""

    order_item_id: str
    at: datetime
    known_at: datetime
    place: Place
    net: Decimal
    gross: Decimal
    basis: str
    reason: str


@dataclass
class Known:
    """What is known of an item at an instant: its own version, its order, its root."""

    says: Says | None = None
    basis: str = "observed"
    bucket: str = "definite"
    root_day: date | None = None

    def holding(self) -> Holding | None:
        """Return where the item's money stands, None where it counts as nothing."""
        if self.says is None or not self.says.has_amount:
            return None
        bucket = self._bucket(self.says.state)
        if bucket is None:
            return None
        where = self.says.where
        flow = stream(where[0], where[4], where[5])
        place = self.root_day or self.says.day, bucket, *where, flow
        return place, self.says.net, self.says.gross  # type: ignore[return-value]

    def _bucket(self, state: str) -> str | None:
        if state in {"Open", "Closed"}:
            return self.bucket
        if state == "Inactive":
            return "optional" if self.bucket == "optional" else None
        return None if state == "Canceled" else "unknown"


def _why(before: Known, after: Known) -> str:
    """Return why an item's money changed."""
    old, new = before.says, after.says
    assert new is not None
    if old is None:
        return "rebate" if new.is_rebate else "new"
    if "Canceled" in {old.state, new.state}:
        return "cancelled" if new.state == "Canceled" else "reinstated"
    if not (old.has_amount and new.has_amount):
        return "price_changed"
    held = before.holding(), after.holding()
    if held[0] is None or held[1] is None or held[0][0][1] != held[1][0][1]:
        return "converted"
    moved = "revenue_date", "service_id", "service_order_id", "accounting_category_id", "item_type"
    places = [[holding[0][PLACE.index(name)] for name in moved] for holding in held if holding]
    return "moved" if places[0] != places[1] else "price_changed"


# An instant, its rank among those of one instant, when it became known, and what is then known
Event = tuple[datetime, tuple[int, int], datetime, dict[str, object]]


def _own_events(row: Row, says: list[Says]) -> Iterator[Event]:
    """Yield the versions of an item; one first seen late opens when it was created."""
    first, created = says[0], row["created_utc"]
    if created != first.at:
        opened = min(created or first.at, first.at)
        before = first
        if first.state == "Canceled":
            before = Says(**{**first.__dict__, "state": "Open"})
            canceled = row["canceled_utc"]
            closed = canceled if canceled and created and opened <= canceled <= first.at else None
            inferred = {"says": first, "basis": "inferred"}
            yield closed or first.at, (1, 0), first.landed_at, inferred
        yield opened, (1, -1), first.landed_at, {"says": before, "basis": "inferred"}
    for number, one in enumerate(says, 1):
        yield one.at, (1, number), one.landed_at, {"says": one, "basis": "observed"}


def _events(items: Items, item_id: str) -> list[Event]:
    says = items.says[item_id]
    events = list(_own_events(items.rows[item_id][0], says))
    for number, step in enumerate(items.steps.get(says[-1].where[2], ())):
        events.append((step.at, (2, number), step.known_at, {"bucket": step.bucket}))
    root = items.root(item_id)
    for number, one in enumerate(items.says[root] if root else ()):
        at = BEGINNING if number == 0 else one.at
        events.append((at, (3, number), one.landed_at, {"root_day": one.day}))
    return sorted(events, key=lambda event: event[:2])


def _postings(items: Items, item_id: str) -> Iterator[Posting]:
    known, known_at = Known(), BEGINNING
    for at, _, landed_at, changes in _events(items, item_id):
        before, known = known, Known(**{**known.__dict__, **changes})
        # What is reversed was not known before it had landed itself
        known_at = max(known_at, landed_at)
        held = before.holding(), known.holding()
        if held[0] == held[1]:
            continue
        reason = _why(before, known)
        for sign, holding in zip((-1, 1), held, strict=True):
            if holding is not None:
                place, net, gross = holding
                yield Posting(
                    item_id, at, known_at, place, sign * net, sign * gross, known.basis, reason
                )


@lru_cache(maxsize=4)
def postings(facts: Facts) -> list[Posting]:
    """Return every posting, before those of one instant that cancel each other are left out."""
    items = Items(facts)
    return [one for item_id in items.says for one in _postings(items, item_id)]


Sums = dict[tuple[object, ...], list[Decimal]]


def _summed(keyed: Iterator[tuple[tuple[object, ...], Posting]]) -> Sums:
    sums: defaultdict[tuple[object, ...], list[Decimal]] = defaultdict(lambda: [NOTHING, NOTHING])
    for key, one in keyed:
        sums[key][0] += one.net
        sums[key][1] += one.gross
    return {key: sums_of for key, sums_of in sums.items() if any(sums_of)}


def _rows(names: tuple[str, ...], sums: Sums, *, with_tax: bool = True) -> list[Row]:
    rows = []
    for key, (net, gross) in sums.items():
        row = {**dict(zip(names, key, strict=True)), "net": net, "gross": gross}
        rows.append({**row, "tax": gross - net} if with_tax else row)
    return rows


LEDGER = ("order_item_id", "posted_at", "known_at", "basis", *PLACE)


@lru_cache(maxsize=4)
def revenue_ledger(facts: Facts) -> list[Row]:
    """Expect fct_revenue_ledger."""
    keyed = [
        ((one.order_item_id, one.at, one.known_at, one.basis, *one.place), one)
        for one in postings(facts)
    ]
    # Of several changes of one instant, the last one says why
    reasons = {key: one.reason for key, one in keyed}
    rows = _rows(LEDGER, _summed(iter(keyed)))
    return [{**row, "reason": reasons[tuple(row[name] for name in LEDGER)]} for row in rows]


@lru_cache(maxsize=4)
def revenue_daily(facts: Facts) -> list[Row]:
    """Expect fct_revenue_daily."""
    place_of_order = PLACE.index("service_order_id")
    keyed = (
        (one.place[:place_of_order] + one.place[place_of_order + 1 :], one)
        for one in postings(facts)
    )
    return _rows(DAILY, _summed(keyed))


ON_THE_BOOKS = ("service_id", "revenue_date", "stream", "currency")


def on_the_books(facts: Facts, as_of: datetime) -> list[Row]:
    """Expect marts.revenue_on_the_books."""
    keyed = (
        (tuple(one.place[PLACE.index(name)] for name in ON_THE_BOOKS), one)
        for one in postings(facts)
        if one.at <= as_of and one.place[1] == "definite"
    )
    return _rows(ON_THE_BOOKS, _summed(keyed), with_tax=False)
