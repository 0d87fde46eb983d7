"""`mews-pipeline metrics`: the agreed metrics, by any dimensions, from the published copy."""

from typing import Annotated

import typer

from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.cli.report import As, First, Last, Property, Raw, ReportFormat, as_date, write
from mews_pipeline.metrics import MetricQuery, run
from mews_pipeline.metrics import metrics as defined
from mews_pipeline.publish.published_copy import opened
from mews_pipeline.publish.terminal import TerminalTable
from mews_pipeline.settings import LocalSettings, load


def metrics(  # noqa: PLR0913, PLR0917 - Typer makes each a flag
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAME...", help="Metrics; without any, all are listed."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIMENSION",
            help="Group by day, week, month, quarter, year, property__name, room_type__name and "
            "others; several times, or comma-separated.",
        ),
    ] = None,
    first: First = None,
    last: Last = None,
    prop: Property = None,
    form: As = ReportFormat.TABLE,
    raw: Raw = False,
) -> None:  # fmt: skip
    """Compute metrics as the semantic layer defines them, by dimensions; or list them."""
    with exit_on_error():
        if not names:
            write(_listed(), form, is_raw=raw)
            return
        dimensions = [part.strip() for each in by or () for part in each.split(",")]
        asked = MetricQuery(
            names, [d for d in dimensions if d], as_date(first), as_date(last), prop
        )
        with opened(load(LocalSettings).analytics) as copy:
            found = run(copy, asked)
        write(found, form, is_raw=raw)


def _listed() -> TerminalTable:
    rows = [(metric.name, metric.dated_by, metric.meaning) for metric in defined()]
    return TerminalTable("Metrics", ["name", "date", "meaning"], rows)
