"""Revenue on the books beside last year's, and what was on the books at the same time then."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from mews_pipeline_tests.models.brute_force.expected_money import revenue_daily, revenue_ledger
from mews_pipeline_tests.models.brute_force.expected_performance import default_currencies
from mews_pipeline_tests.models.brute_force.facts import ZONES, Facts
from mews_pipeline_tests.models.brute_force.item_versions import NOTHING, most_specific, seed
from mews_pipeline_tests.models.brute_force.rows import Row

KEYS = ("enterprise_id", "stay_date", "definition", "currency")
A_YEAR = timedelta(days=364)
KINDS = ("room_revenue", "total_revenue")
NOW, THEN, LAST = "", "_same_time_last_year", "_last_year"
Key = tuple[str, date, str, str]
Sums = dict[str, Decimal]


def _clocks(facts: Facts) -> dict[str, tuple[date, datetime]]:
    """Return each property's date of today, and the instant a year before its now."""
    found = {}
    for key, enterprise in facts.latest("enterprises").items():
        name = enterprise["time_zone_identifier"]
        if name in ZONES:
            shown = facts.now_of(key).astimezone(ZoneInfo(name)).replace(tzinfo=None)
            before = (shown - A_YEAR).replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
            found[key] = shown.date(), before
    return found


def _amounts(facts: Facts) -> Iterator[tuple[Row, str, timedelta]]:
    """Yield definite amounts, of which column they are part, and how much later they stand."""
    clocks = _clocks(facts)
    first = min((today for today, _ in clocks.values()), default=date.max - A_YEAR) - A_YEAR
    for row in revenue_daily(facts):
        yield row, NOW, timedelta()
        yield row, LAST, A_YEAR
    for row in revenue_ledger(facts):
        _, year_before = clocks.get(row["enterprise_id"], (None, None))
        day = row["revenue_date"]
        if year_before and row["posted_at"] <= year_before and day and day >= first:
            yield {**row, "net": NOTHING}, NOW, timedelta()
            yield row, THEN, A_YEAR


def _cells(facts: Facts) -> dict[Key, Sums]:
    found: defaultdict[Key, Sums] = defaultdict(
        lambda: {f"{kind}{when}": NOTHING for kind in KINDS for when in (NOW, THEN, LAST)}
    )
    for row, when, later in _amounts(facts):
        enterprise_id, day = row["enterprise_id"], row["revenue_date"]
        if row["bucket"] != "definite" or day is None:
            continue
        for definition in {one["definition"] for one in seed("revenue_definitions")}:
            rule = most_specific(
                "revenue_definitions", enterprise_id, row["item_type"], row["classification"],
                definition,
            )  # fmt: skip
            if rule is not None:
                cell = found[enterprise_id, day + later, definition, row["currency"]]
                for kind in KINDS:
                    cell[kind + when] += row["net"] if rule[f"in_{kind}"] == "true" else 0
    return found


def _row(key: Key, amounts: Sums, *, is_default: bool, is_known: bool) -> Row:
    known = {name: None if name not in KINDS and not is_known else v for name, v in amounts.items()}
    return {**dict(zip(KEYS, key, strict=True)), "is_default_currency": is_default, **known}


def revenue_pace(facts: Facts) -> list[Row]:
    """Expect rpt_revenue_pace."""
    clocks, defaults = _clocks(facts), default_currencies(facts)
    known_from: dict[str, date] = {}
    for row in revenue_daily(facts):
        day, enterprise_id = row["revenue_date"], row["enterprise_id"]
        if row["bucket"] == "definite" and day:
            known_from[enterprise_id] = min(known_from.get(enterprise_id, day), day)
    expected, parts = [], defaultdict(list)
    for key, amounts in _cells(facts).items():
        enterprise_id, day = key[:2]
        if enterprise_id not in clocks or enterprise_id not in known_from:
            continue
        if not max(clocks[enterprise_id][0], facts.days[0]) <= day <= facts.days[-1]:
            continue
        is_default = key[3] == defaults[enterprise_id]
        is_known = day - A_YEAR >= known_from[enterprise_id]
        expected.append(_row(key, amounts, is_default=is_default, is_known=is_known))
        if is_default:
            parts["all", day, key[2], key[3]].append((is_known, amounts))
    for total, several in parts.items():
        sums = {name: sum(each[name] for _, each in several) for name in several[0][1]}
        is_known = all(known for known, _ in several)
        expected.append(_row(total, sums, is_default=True, is_known=is_known))  # type: ignore[arg-type]
    return expected
