"""A question for metrics: their names, what to group them by, and which dates and properties."""

from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

import duckdb

from mews_pipeline.errors import PipelineError
from mews_pipeline.metrics.definitions import TIMES, metrics
from mews_pipeline.publish.properties import matching
from mews_pipeline.publish.terminal import TerminalTable, refuse_inverted

INSTALL = "Metrics need MetricFlow: pip install 'mews-pipeline[metrics]'"


class MetricError(PipelineError):
    """The metrics cannot be computed; the message says why and what to do."""


@dataclass(frozen=True)
class MetricQuery:
    """Which metrics, by which dimensions, of which dates (both included) and properties.

    `by` takes day, week, month, quarter and year, and MetricFlow's names, as property__name. Money
    is always by definition and currency too.
    """

    names: list[str]
    by: list[str] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    prop: str | None = None


def run(connection: duckdb.DuckDBPyConnection, asked: MetricQuery) -> TerminalTable:
    """Compute metrics over the published copy that is open.

    Raises MetricError, PropertyError, and ReportError for a range that ends before it starts.
    """
    _refuse(asked)
    try:
        # Imported here because it is an extra, and takes a second to import
        from mews_pipeline.metrics import semantic_layer  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("metricflow"):
            raise
        raise MetricError(INSTALL) from None
    chosen = [each.id for each in matching(connection, asked.prop)] if asked.prop else None
    always = [name for each in metrics() if each.name in asked.names for name in each.always_by]
    by = [f"metric_time__{name}" if name in TIMES else name for name in asked.by]
    by = list(dict.fromkeys([*by, *always]))
    try:
        sql = semantic_layer.sql_of(asked.names, by, (asked.first, asked.last), chosen)
        found = connection.execute(sql)
    except semantic_layer.QueryError as error:
        raise MetricError(str(error)) from None
    except duckdb.CatalogException as error:
        raise MetricError(
            f"The published copy is of another version: {str(error).splitlines()[0]}"
        ) from None
    names = [name for name, *_ in found.description or ()]
    return TerminalTable(", ".join(_labels(asked.names)), names, found.fetchall())


def _refuse(asked: MetricQuery) -> None:
    known = [metric.name for metric in metrics()]
    for name in asked.names:
        if name not in known:
            near = get_close_matches(name, known, 5, 0.4) or known
            raise MetricError(f"There is no metric {name}. The nearest: {', '.join(near)}")
    if not asked.names:
        raise MetricError("Name at least one metric.")
    refuse_inverted(asked.first, asked.last)


def _labels(names: list[str]) -> list[str]:
    labels = {metric.name: metric.label for metric in metrics()}
    return [labels[name] for name in names]
