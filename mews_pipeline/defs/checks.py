"""Asset checks of what landed. Those of the models are dbt's own tests."""

from collections.abc import Iterator

import dagster as dg

from mews_pipeline.defs.resources import WarehouseResource
from mews_pipeline.defs.steps import explained_failures
from mews_pipeline.monitoring.health import CHECKS, HealthCheck, troubles
from mews_pipeline.settings import LocalSettings, load


def _key(check: HealthCheck) -> dg.AssetKey:
    return dg.AssetKey(["mews", check.table])


@dg.multi_asset_check(
    name="health",
    # Whoever materializes one table alone gets its checks alone
    can_subset=True,
    specs=[
        dg.AssetCheckSpec(
            check.name,
            asset=_key(check),
            description=check.description,
            blocking=check.stops_publishing,
        )
        for check in CHECKS
    ],
)
def health(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.AssetCheckResult]:
    """All checks over one connection, in one turn at the warehouse."""
    with explained_failures(), warehouse.get_connection() as connection:
        start = load(LocalSettings).start_date
        selected = {(key.asset_key, key.name) for key in context.selected_asset_check_keys}
        wanted = [check for check in CHECKS if (_key(check), check.name) in selected]
        found = {check: troubles(connection, check, start) for check in wanted}
    for check, texts in found.items():
        yield dg.AssetCheckResult(
            asset_key=_key(check),
            check_name=check.name,
            passed=not texts,
            severity=dg.AssetCheckSeverity.ERROR if check.is_error else dg.AssetCheckSeverity.WARN,
            description="\n".join(texts[:20]) or "Nothing found.",
            metadata={"found": len(texts)},
        )
