"""The code location of this installation: one pipeline without prefixes."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from mews_pipeline.component import MewsPipelineComponent
from mews_pipeline.defs.wrong_names import report_wrong_names


@dg.definitions
def defs() -> dg.Definitions:
    """Define this installation's own pipeline."""
    mounted, here = MewsPipelineComponent(), Path()
    # A process per step would load these definitions again for each
    executor = dg.Definitions(executor=dg.in_process_executor)
    own = dg.Definitions.merge(mounted.definitions(here), executor)
    report_wrong_names(own, mounted.pipeline(here).partitions.start, datetime.now(UTC).date())
    return own
