"""What analysts open, after each build that passed its checks: the copy, the report, the files."""

from typing import Any

import dagster as dg

from mews_pipeline.defs import OWNERS, resources
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.publish import Published, export, publish
from mews_pipeline.settings import LocalSettings

# A run with this tag publishes everything; others publish what was touched since the last copy
IN_FULL = "mews_pipeline/publish_in_full"
GROUP = "publish"


def analytics_key(pipeline: Pipeline) -> dg.AssetKey:
    """Give the key of the published copy."""
    return pipeline.key("publish", "analytics")


def analytics(pipeline: Pipeline, built: dg.AssetKey) -> dg.AssetsDefinition:
    """Make the asset of the published copy, which waits for the build that yields this key."""

    @dg.asset(
        key=analytics_key(pipeline),
        group_name=pipeline.group(GROUP),
        # A failed dbt test of severity error fails the build, and then nothing of this runs
        deps=[built],
        kinds={"duckdb"},
        owners=OWNERS,
        required_resource_keys={pipeline.name("warehouse")},
        description=(
            "analytics.duckdb, the copy of the marts that analysts open (docs/analysts.md): "
            "replaced after each build that passed its checks, without disturbing those who read "
            "the old one. Only the nightly run copies what was not touched since."
        ),
    )
    def copy(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Copy the marts inside the warehouse lock and swap the copy in."""
        with fail_with_advice():
            settings = pipeline.load(LocalSettings)
            source = resources.warehouse(pipeline, context).get()
            with source.lock(context.log.info):
                published = publish(
                    source,
                    settings.analytics,
                    settings.published_group,
                    in_full=IN_FULL in context.run.tags,
                )
        metadata: dict[str, Any] = {
            "path": dg.MetadataValue.path(published.path),
            "rows": dg.MetadataValue.json(dict(published.rows)),
            "tables": len(published.rows),
            "bytes": published.path.stat().st_size,
            "seconds": round(published.seconds, 2),
            "copied": _what_was_copied(published),
        }
        if published.as_of:
            metadata["as_of"] = dg.MetadataValue.timestamp(published.as_of)
        return dg.MaterializeResult(metadata=metadata)

    return copy


def _what_was_copied(published: Published) -> str:
    reason = published.in_full_because
    return f"everything: {reason}" if reason else "what was touched since the last copy"


def report(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Make the asset of the report."""

    @dg.asset(
        key=pipeline.key("publish", "report"),
        group_name=pipeline.group(GROUP),
        deps=[analytics_key(pipeline)],
        kinds={"altair", "html"},
        owners=OWNERS,
        description=(
            "report.html, one file to look at: occupancy, books, pickup, pace, transitions, "
            "restatements, coverage, by property. From the published copy, after each publishing."
        ),
    )
    def draw() -> dg.MaterializeResult[None]:
        """Draw the report from the published copy; nobody writes there, so without a lock."""
        # Only here: Altair and vl-convert take seconds to load, and most steps draw nothing
        from mews_pipeline.publish.report.png import markdown  # noqa: PLC0415
        from mews_pipeline.publish.report.write import write_report  # noqa: PLC0415

        with fail_with_advice():
            settings = pipeline.load(LocalSettings)
            found = write_report(settings.analytics, settings.report, settings.published_group)
        metadata: dict[str, Any] = {
            "path": dg.MetadataValue.path(settings.report),
            "open": dg.MetadataValue.url(settings.report.as_uri()),
            "properties": len(found.rows["properties"]),
            "preview": dg.MetadataValue.md(markdown(found)),
        }
        if found.as_of:
            metadata["as_of"] = dg.MetadataValue.timestamp(found.as_of)
        return dg.MaterializeResult(metadata=metadata)

    return draw


def exports(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Make the asset of the Parquet files."""

    @dg.asset(
        key=pipeline.key("publish", "exports"),
        group_name=pipeline.group(GROUP),
        deps=[analytics_key(pipeline)],
        kinds={"parquet", "excel"},
        owners=OWNERS,
        description=(
            "The published tables as Parquet in the folder export, for Power BI, pandas and R, and "
            "one workbook for Excel. Written by the nightly run."
        ),
    )
    def write() -> dg.MaterializeResult[None]:
        """Write each published table to its Parquet file, and the workbook."""
        # Only here: most steps write no workbook
        from mews_pipeline.publish.workbook import write_workbook  # noqa: PLC0415

        with fail_with_advice():
            settings = pipeline.load(LocalSettings)
            to = settings.exports, settings.published_group
            rows = export(settings.analytics, *to)
            sheets = write_workbook(settings.analytics, *to)
        return dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(settings.exports),
                "files": len(rows),
                "rows": dg.MetadataValue.json(rows),
                "workbook_rows": dg.MetadataValue.json(sheets),
            }
        )

    return write
