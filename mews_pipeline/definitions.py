"""The code location of this installation: one pipeline without prefixes."""

from pathlib import Path

import dagster as dg

from mews_pipeline.component import MewsPipelineComponent


@dg.definitions
def defs() -> dg.Definitions:
    """Define this installation's own pipeline."""
    own = MewsPipelineComponent().definitions(Path())
    # A process per step would load these definitions again for each
    return dg.Definitions.merge(own, dg.Definitions(executor=dg.in_process_executor))
