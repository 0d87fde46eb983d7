"""What analysts open, after each build that passed its checks: the copy, the report, the files."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg

from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.dbt import models
from mews_pipeline.defs.resources import WarehouseResource
from mews_pipeline.defs.steps import explained_failures
from mews_pipeline.publish import PublishError, export, publish
from mews_pipeline.settings import LocalSettings, load

ANALYTICS = dg.AssetKey(["publish", "analytics"])
_GROUP = "publish"
# A failed dbt test of severity error fails the build, and then nothing of this runs
_MARTS = [spec.key for spec in models.specs if spec.group_name == "marts"]


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        with explained_failures():
            yield
    except PublishError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


@dg.asset(
    key=ANALYTICS,
    group_name=_GROUP,
    deps=_MARTS,
    kinds={"duckdb"},
    owners=OWNERS,
    description=(
        "analytics.duckdb, the copy of the marts that analysts open (docs/analysts.md): replaced "
        "whole after each build that passed its checks, beside whoever reads the old one."
    ),
)
def analytics(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[None]:
    """Copy the marts inside the warehouse lock and swap the copy in."""
    with _translate_errors():
        target = load(LocalSettings).analytics
        source = warehouse.get()
        with source.lock(context.log.info):
            published = publish(source, target)
    metadata: dict[str, Any] = {
        "path": dg.MetadataValue.path(published.path),
        "rows": dg.MetadataValue.json(dict(published.rows)),
        "tables": len(published.rows),
        "bytes": published.path.stat().st_size,
        "seconds": round(published.seconds, 2),
    }
    if published.as_of:
        metadata["as_of"] = dg.MetadataValue.timestamp(published.as_of)
    return dg.MaterializeResult(metadata=metadata)


@dg.asset(
    key=["publish", "report"],
    group_name=_GROUP,
    deps=[ANALYTICS],
    kinds={"altair", "html"},
    owners=OWNERS,
    description=(
        "report.html, one file to look at: occupancy, books, pickup, pace, transitions, "
        "restatements, coverage, by property. From the published copy, after each publishing."
    ),
)
def report() -> dg.MaterializeResult[None]:
    """Draw the report from the published copy; no lock, for nobody writes there."""
    # Only here: Altair and vl-convert take seconds to load, and most steps draw nothing
    from mews_pipeline.publish.report.png import markdown  # noqa: PLC0415
    from mews_pipeline.publish.report.write import write_report  # noqa: PLC0415

    with _translate_errors():
        settings = load(LocalSettings)
        found = write_report(settings.analytics, settings.report)
    metadata: dict[str, Any] = {
        "path": dg.MetadataValue.path(settings.report),
        "open": dg.MetadataValue.url(settings.report.as_uri()),
        "properties": len(found.rows["properties"]),
        "preview": dg.MetadataValue.md(markdown(found)),
    }
    if found.as_of:
        metadata["as_of"] = dg.MetadataValue.timestamp(found.as_of)
    return dg.MaterializeResult(metadata=metadata)


@dg.asset(
    key=["publish", "exports"],
    group_name=_GROUP,
    deps=[ANALYTICS],
    kinds={"parquet"},
    owners=OWNERS,
    description=(
        "The published tables as Parquet in the folder export, for Excel, Power BI, pandas and R. "
        "Written by the nightly run."
    ),
)
def exports() -> dg.MaterializeResult[None]:
    """Write each published table to its Parquet file."""
    with _translate_errors():
        settings = load(LocalSettings)
        rows = export(settings.analytics, settings.exports)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(settings.exports),
            "files": len(rows),
            "rows": dg.MetadataValue.json(rows),
        }
    )


ASSETS = (analytics, report, exports)
