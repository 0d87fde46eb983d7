"""MetricFlow as a compiler: metrics and dimensions to SQL over the published copy.

Its command `mf` opens the database for writing and looks for newer versions at each start; here
its engine makes the SQL, and the caller's read-only connection runs it.
"""

import logging
import re
from collections.abc import Sequence
from datetime import date, datetime, time
from functools import cache
from typing import cast

import yaml  # type: ignore[import-untyped]
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlClient, SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.semantic_manifest import (
    PydanticSemanticManifest,
)
from metricflow_semantic_interfaces.parsing.dir_to_model import (
    parse_yaml_files_to_validation_ready_semantic_manifest,
)
from metricflow_semantic_interfaces.parsing.objects import YamlConfigFile
from metricflow_semantics.errors.error_classes import InformativeUserError
from metricflow_semantics.filters.time_constraint import TimeRangeConstraint
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from mews_pipeline.metrics.definitions import TIMES, documents, metrics
from mews_pipeline.warehouse.quoting import literal

# Entities whose ids are worth to group by
_IDS = {"property", "service", "room_type"}
_GRAINS = tuple(f"__{grain}" for grain in TIMES)
_GRAIN = re.compile(f"({'|'.join(_GRAINS)})$")
_ALL = TimeRangeConstraint.all_time()


class QueryError(Exception):
    """MetricFlow refuses the question; the message says why."""


class _Dialect:
    """What the engine must know of the database to write SQL for it; it never connects."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


def sql_of(
    names: Sequence[str],
    by: Sequence[str],
    dates: tuple[date | None, date | None],
    properties: Sequence[str] | None,
) -> str:
    """Write the SQL of metrics by dimensions, in the order of these. Raises QueryError."""
    by = [_known(name, dimensions(names), names) for name in by]
    first, last = dates
    is_bounded = first is not None or last is not None
    request = MetricFlowQueryRequest.create(
        metric_names=list(names),
        group_by_names=list(by),
        order_by_names=list(by),
        # It wants both ends of a range
        time_constraint_start=_instant(first, _ALL.start_time) if is_bounded else None,
        time_constraint_end=_instant(last, _ALL.end_time) if is_bounded else None,
        where_constraints=_only(properties),
    )
    try:
        made = _engine().explain(request).sql_statement.without_descriptions.sql
    except InformativeUserError as error:
        raise QueryError(_in_short(error)) from None
    return _readable(made, names, by)


def dimensions(names: Sequence[str]) -> list[str]:
    """List what all these metrics can be grouped by, times with each of their grains."""
    found: set[str] = set()
    for each in _engine().simple_dimensions_for_metrics(list(names)):
        name = _GRAIN.sub("", each.dunder_name)
        finest = each.type_params.time_granularity.value if each.type_params else None
        # Of a time, MetricFlow lists the finest grain alone; its coarser ones work too
        grains = TIMES[TIMES.index(finest) :] if finest else ()
        found |= {f"{name}__{grain}" for grain in grains} or {name}
    entities = {each.name for each in _engine().entities_for_metrics(list(names))}
    # What is reached through the service is the same as what is reached directly
    return sorted(
        name for name in found | (entities & _IDS) if not name.startswith("service__prop")
    )


@cache
def manifest() -> PydanticSemanticManifest:
    """Read the semantic layer with MetricFlow's own parser, its defaults filled in."""
    # It counts and times each of its steps for its developers
    logging.getLogger("metricflow_semantics").setLevel(logging.ERROR)
    text = yaml.safe_dump_all(documents())
    file = YamlConfigFile(filepath="semantic layer", contents=text)
    return parse_yaml_files_to_validation_ready_semantic_manifest([file]).semantic_manifest


@cache
def _engine() -> MetricFlowEngine:
    return MetricFlowEngine(
        semantic_manifest_lookup=SemanticManifestLookup(manifest()),
        sql_client=cast("SqlClient", _Dialect()),
    )


def _known(asked: str, possible: Sequence[str], names: Sequence[str]) -> str:
    """Give the name of a dimension; a time without a grain has the finest one."""
    raw = [asked, *(f"{asked}__{grain}" for grain in TIMES)]
    for name in raw:
        if name in possible:
            return name
    raise QueryError(
        f"{', '.join(names)} cannot be grouped by {asked.removeprefix('metric_time__')}. "
        f"There are: {', '.join(in_short(possible))}"
    )


def in_short(possible: Sequence[str]) -> list[str]:
    """List dimensions as people name them: grains of the metrics' own time, other times once."""
    grains = [grain for grain in TIMES if f"metric_time__{grain}" in possible]
    others = (name for name in possible if not name.startswith("metric_time"))
    return [*grains, *dict.fromkeys(_GRAIN.sub("", name) for name in others)]


def _instant(given: date | None, otherwise: datetime) -> datetime:
    return datetime.combine(given, time()) if given else otherwise


def _only(properties: Sequence[str] | None) -> list[str] | None:
    if properties is None:
        return None
    return [f"{{{{ Entity('property') }}}} in ({', '.join(map(literal, properties))})"]


def _in_short(error: InformativeUserError) -> str:
    """Give the first sentences of a message, which goes on with MetricFlow's own state."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:4])[:400]


def _readable(sql: str, names: Sequence[str], by: Sequence[str]) -> str:
    """Cast what MetricFlow makes of dates and sums back to dates and integers, money to floats."""
    grouped = [
        f'cast("{name}" as date) as "{name}"' if name.endswith(_GRAINS) else f'"{name}"'
        for name in by
    ]
    kinds = {metric.name: "double" for metric in metrics() if metric.is_money or metric.is_ratio}
    values = [f'cast("{name}" as {kinds.get(name, "bigint")}) as "{name}"' for name in names]
    order = f" order by {', '.join(str(n + 1) for n in range(len(grouped)))}" if grouped else ""
    return f"select {', '.join([*grouped, *values])} from ({sql}){order}"
