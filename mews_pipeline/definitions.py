"""The code location of this installation: one pipeline without prefixes."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from mews_pipeline.component import MewsPipelineComponent
from mews_pipeline.defs.location import definitions_of
from mews_pipeline.defs.wrong_names import report_wrong_names


@dg.definitions
def defs() -> dg.Definitions:
    """Define this installation's own pipeline, which the sandbox serves while there is no token."""
    pipeline = MewsPipelineComponent().pipeline(Path(), has_demo=True)
    # A process per step would load these definitions again for each
    executor = dg.Definitions(executor=dg.in_process_executor)
    own = dg.Definitions.merge(definitions_of(pipeline), executor)
    report_wrong_names(own, pipeline.partitions.start, datetime.now(UTC).date())
    return own
