"""Compare revenue by day and classification with figures that somebody copied from Mews."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb

from mews_pipeline.publish.properties import matching
from mews_pipeline.publish.published_copy import opened, sql
from mews_pipeline.publish.revenue_file import Figure, RevenueFileError, figures


class Difference(NamedTuple):
    """A figure of the file that ours does not equal."""

    property: str
    date: date
    classification: str
    currency: str
    ours: Decimal
    file: Decimal
    difference: Decimal
    note: str


class Reconciled(NamedTuple):
    """What differs, how many figures were compared, and which classifications the file lacks."""

    differences: list[Difference]
    compared: int
    not_in_file: list[str]


def reconcile(analytics: Path, file: Path) -> Reconciled:
    """Compare the file with the published copy, on the dates that the file names.

    A classification that the file names for a property is zero on its dates without a line; one
    that it never names is not compared. Raises RevenueFileError, ReportError, PropertyError and
    OSError.
    """
    given = figures(file)
    with opened(analytics) as copy:
        _make_given(copy, file, given)
        copy.execute(sql("reconcile_revenue"))
        rows = copy.execute(
            "select * exclude (enterprise_id) from revenue_compared order by all"
        ).fetchall()
        absent = copy.execute("from revenue_not_in_file order by all").fetchall()
    compared = [Difference(*row) for row in rows]
    return Reconciled(
        [each for each in compared if each.difference], len(compared), [name for (name,) in absent]
    )


def _make_given(copy: duckdb.DuckDBPyConnection, file: Path, given: list[Figure]) -> None:
    """Write the figures into the temporary table `revenue_given`."""
    ids = {name: _property_id(copy, name) for name in {figure.prop for figure in given}}
    known = _classifications(copy)
    copy.execute(
        "create or replace temp table revenue_given (enterprise_id varchar, revenue_date date, "
        "classification varchar, currency varchar, net decimal(38, 6))"
    )
    rows = []
    for figure in given:
        name = known.get(_key(figure.classification))
        if name is None:
            raise RevenueFileError(
                f"{file}, line {figure.line}: no item has the classification "
                f"{figure.classification!r}. There are: {', '.join(sorted(set(known.values())))}."
            )
        rows.append([ids[figure.prop], figure.day, name, figure.currency, figure.net])
    copy.executemany("insert into revenue_given values (?, ?, ?, ?, ?)", rows)


def _property_id(copy: duckdb.DuckDBPyConnection, name: str) -> str:
    found = matching(copy, name)
    if len(found) > 1:
        raise RevenueFileError(f"More than one property is {name!r}: give its id instead.")
    return found[0].id


def _classifications(copy: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """List the classifications that items have, by the letters of their names."""
    found = copy.execute("select distinct classification from marts.fct_revenue_daily").fetchall()
    return {_key(name): name for (name,) in found}


def _key(name: str) -> str:
    """Give the letters of a name: `Food and beverage` in a report is FoodAndBeverage in the API."""
    return "".join(letter for letter in name.casefold() if letter.isalpha())
