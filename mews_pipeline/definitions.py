"""The code location of this installation: one pipeline without prefixes."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from mews_pipeline.collector import no_collections
from mews_pipeline.component import MewsPipelineComponent


@dg.definitions
def defs() -> dg.Definitions:
    """Define this installation's own pipeline, which the sandbox serves while there is no token."""
    with no_collections():
        return _defs()


def _defs() -> dg.Definitions:
    from mews_pipeline.defs.location import definitions_of  # noqa: PLC0415
    from mews_pipeline.defs.wrong_names import report_wrong_names  # noqa: PLC0415

    pipeline = MewsPipelineComponent().pipeline(Path(), has_demo=True)
    # A process per step would load these definitions again for each
    executor = dg.Definitions(executor=dg.in_process_executor)
    own = dg.Definitions.merge(definitions_of(pipeline), executor)
    report_wrong_names(own, pipeline.partitions.start, datetime.now(UTC).date())
    return own
