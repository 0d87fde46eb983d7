"""The transitions of reservations and orders, and the reports that count them."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import Service

BEFORE_CONFIRMED = (None, "Inquired", "Requested", "Optional", "Canceled")
EARLY = ("Inquired", "Requested", "Optional", "Confirmed")
RANKS = {"Inquired": 0, "Requested": 0, "Optional": 1, "Confirmed": 2, "Started": 3, "Processed": 4}
STAMPS = {
    "Started": ("actual_start_utc", "actual_start"),
    "Processed": ("actual_end_utc", "actual_end"),
    "Canceled": ("cancelled_utc", "cancelled"),
}


@dataclass(frozen=True)
class Kind:
    """What is different between reservations and orders."""

    id_name: str
    has_check_in: bool


RESERVATION = Kind("reservation_id", has_check_in=True)
ORDER = Kind("order_id", has_check_in=False)


def _legal(kind: Kind, older: str | None, newer: str) -> bool:
    allowed: dict[str | None, tuple[str, ...]] = {
        None: EARLY,
        "Inquired": (*EARLY, "Canceled"),
        "Requested": (*EARLY, "Canceled"),
        "Optional": ("Confirmed", "Canceled"),
        "Confirmed": ("Canceled", "Started" if kind.has_check_in else "Processed"),
        "Started": ("Processed",),
        "Canceled": EARLY,
    }
    return newer in allowed.get(older, ())


def _path(kind: Kind, older: str | None, newer: Row) -> list[str]:
    """Return the states that must have been visited on the way, the new one last."""
    state: str = newer["state"]
    if older is None and state == "Canceled" and kind.has_check_in:
        reason = newer.get("cancellation_reason")
        tentative = newer["released_utc"] or reason in {"ConfirmationMissed", "BookingAbandoned"}
        return ["Optional" if tentative else "Confirmed", state]
    if older is None and state == "Canceled":
        return ["Confirmed", state]
    whole = (
        ["Confirmed", "Started", "Processed"] if kind.has_check_in else ["Confirmed", "Processed"]
    )
    if state in whole[1:]:
        if older in BEFORE_CONFIRMED:
            return whole[: whole.index(state) + 1]
        if older == "Confirmed":
            return whole[1 : whole.index(state) + 1]
    return [state]


def _proofs(
    path: list[str], newer: Row, since: datetime, *, is_birth: bool
) -> list[datetime | None]:
    """Return for each step the timestamp that proves it, None if no timestamp does."""
    until = newer["updated_utc"]
    proofs: list[datetime | None] = []
    reached = since
    for place, state in enumerate(path):
        if is_birth and place == 0:
            proofs.append(since)
            continue
        stamp: datetime | None = newer.get(STAMPS[state][0]) if state in STAMPS else None
        proven = False
        if stamp:
            between = stamp <= until and (stamp > since or is_birth or stamp == until)
            proven = between and stamp >= reached
        proofs.append(stamp if proven else None)
        if stamp and proven:
            reached = max(reached, stamp)
    return proofs


def _steps(kind: Kind, older: Row | None, newer: Row) -> list[Row]:
    """Return the transitions that a version shows against the one before."""
    until = newer["updated_utc"]
    created = newer["created_utc"]
    since = older["updated_utc"] if older else min(created or until, until)
    path = _path(kind, older["state"] if older else None, newer)
    proofs = _proofs(path, newer, since, is_birth=older is None)
    basis = "collapsed" if len(path) > 1 else "observed"
    if older is None and created != until:
        basis = "inferred"
    rows = []
    for place, state in enumerate(path):
        is_birth = older is None and place == 0
        before = [proof for proof in proofs[:place] if proof]
        after = [proof for proof in proofs[place + 1 :] if proof]
        upper = since if is_birth else min(after, default=until)
        proof = proofs[place]
        proven_by = "created" if is_birth else STAMPS.get(state, ("", ""))[1]
        rows.append(
            {
                "from_state": path[place - 1] if place else older and older["state"],
                "to_state": state,
                "at_lower": max(before, default=since),
                "at_upper": upper,
                "at_best": proof or upper,
                "at_basis": proven_by if proof else "interval",
                "basis": basis,
                "seen_utc": until,
            }
        )
    return rows


def _of_record(kind: Kind, versions: list[Row], service: Service | None) -> list[Row]:
    rows: list[Row] = []
    older: Row | None = None
    for newer in versions:
        if older is None or older["state"] != newer["state"]:
            rows += _steps(kind, older, newer)
        older = newer
    previous: Row | None = None
    for number, row in enumerate(rows, 1):
        left, entered = row["from_state"], row["to_state"]
        row["transition_number"] = number
        row["is_irregular"] = not _legal(kind, left, entered)
        row["is_backward"] = RANKS.get(entered, 9) < RANKS.get(left or "", -1)
        row["is_restored"] = left == "Canceled"
        row["dwell_seconds"] = (
            (row["at_best"] - previous["at_best"]).total_seconds() if previous else None
        )
        at: datetime = row["at_best"]
        row["transition_date"] = (service.local(at) if service else at.astimezone(UTC)).date()
        row["enterprise_id"] = service.enterprise_id if service else "unknown"
        row["service_id"] = versions[-1]["service_id"] or "unknown"
        row[kind.id_name] = versions[-1]["id"]
        previous = row
    return rows


@lru_cache(maxsize=4)
def _reservations(facts: Facts) -> list[Row]:
    return [
        row
        for versions in facts.reservations.values()
        for row in _of_record(
            RESERVATION, [version.row for version in versions], versions[-1].service
        )
    ]


def reservation_transitions(facts: Facts) -> list[Row]:
    """Expect fct_reservation_state_transitions."""
    return _reservations(facts)


def order_transitions(facts: Facts) -> list[Row]:
    """Expect fct_product_service_order_state_transitions."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    rows = facts.rows("product_service_orders")
    for row in sorted(rows, key=lambda r: (r["updated_utc"], r["_landed_at"], r["_hash"])):
        found[row["id"]].append(row)
    return [
        {**row, "linked_reservation_id": versions[-1]["linked_reservation_id"]}
        for versions in found.values()
        for row in _of_record(ORDER, versions, facts.services.get(versions[-1]["service_id"]))
    ]


def _month(day: date) -> date:
    return day.replace(day=1)


def transition_matrix(facts: Facts) -> list[Row]:
    """Expect rpt_state_transition_matrix."""
    names = ("period_start", "service_id", "from_state", "to_state", "basis")
    counts: Counter[tuple[object, ...]] = Counter()
    left: Counter[tuple[object, ...]] = Counter()
    for row in _reservations(facts):
        dated = {**row, "period_start": _month(row["transition_date"])}
        counts[tuple(dated[name] for name in names)] += 1
        left[tuple(dated[name] for name in names[:3])] += 1
    return [
        {
            **dict(zip(names, key, strict=True)),
            "transitions": many,
            "share_of_from_state": many / left[key[:3]],
        }
        for key, many in counts.items()
    ]


def observation(facts: Facts) -> list[Row]:
    """Expect rpt_observation."""
    found: defaultdict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for row in _reservations(facts):
        found[_month(row["transition_date"]), row["service_id"]][row["basis"]] += 1
    return [
        {
            "period_start": month,
            "service_id": service_id,
            "transitions": counts.total(),
            **{
                f"share_{basis}": counts[basis] / counts.total()
                for basis in ("observed", "inferred", "collapsed")
            },
        }
        for (month, service_id), counts in found.items()
    ]
