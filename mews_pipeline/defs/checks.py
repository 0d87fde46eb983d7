"""Asset checks of what landed. Those of the models are dbt's own tests."""

from collections.abc import Iterator, Sequence

import dagster as dg

from mews_pipeline.defs import resources
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.monitoring.health import CHECKS, HealthCheck, troubles
from mews_pipeline.settings import LocalSettings


def health(pipeline: Pipeline) -> dg.AssetChecksDefinition:
    """Make the health checks of the raw tables."""

    @dg.multi_asset_check(
        name=pipeline.name("health"),
        # Materializing one table runs only that table's checks
        can_subset=True,
        specs=[
            dg.AssetCheckSpec(
                check.name,
                asset=_key(pipeline, check),
                description=check.description,
                blocking=check.stops_publishing,
            )
            for check in CHECKS
        ],
        required_resource_keys={pipeline.name("warehouse")},
    )
    def run(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        """Run the selected checks over one connection, under one lock."""
        warehouse = resources.warehouse(pipeline, context)
        with fail_with_advice(), warehouse.get_connection() as connection:
            start = pipeline.load(LocalSettings).start_date
            wanted = _selected(pipeline, context)
            found = {check: troubles(connection, check, start) for check in wanted}
        for check, texts in found.items():
            yield _result(_key(pipeline, check), check, texts)

    return run


def _key(pipeline: Pipeline, check: HealthCheck) -> dg.AssetKey:
    return pipeline.key("mews", check.table)


def _selected(pipeline: Pipeline, context: dg.AssetCheckExecutionContext) -> list[HealthCheck]:
    selected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
    return [check for check in CHECKS if (_key(pipeline, check), check.name) in selected]


def _result(key: dg.AssetKey, check: HealthCheck, texts: Sequence[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=check.name,
        passed=not texts,
        severity=dg.AssetCheckSeverity.ERROR if check.is_error else dg.AssetCheckSeverity.WARN,
        description="\n".join(texts[:20]) or "Nothing found.",
        metadata={"found": len(texts)},
    )
