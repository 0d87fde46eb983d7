"""The revenue of a brief: a row per property and currency, and the sums of those that share one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from mews_pipeline.brief.rows import Row, sums

_NOT_ADDED = {"scope", "name", "currency", "definition", "is_default_currency", "is_red"}


def of_properties(rows: Iterable[Row], scopes: Collection[str]) -> list[Row]:
    """Return the rows of some properties, after the sum of each currency that several have."""
    own = [row | {"is_red": False} for row in rows if row["scope"] in scopes]
    by_currency: dict[str, list[Row]] = defaultdict(list)
    for row in own:
        if row["is_default_currency"]:
            by_currency[row["currency"]].append(row)
    return [*(_sum(found) for found in by_currency.values() if len(found) > 1), *own]


def _sum(rows: Sequence[Row]) -> Row:
    """Add properties up, each from its own tonight."""
    added = sums(rows, rows[0].keys() - _NOT_ADDED)
    return rows[0] | added | {"scope": "all", "name": f"All {len(rows):,} together"}
