"""Makes what analysts open: a copy of the marts, Parquet files and a report. Never asks Mews.

The libraries for charts are imported only where charts are drawn, so that this package loads fast.
"""

from mews_pipeline.publish.analytics import Published, PublishError, publish
from mews_pipeline.publish.exports import export

__all__ = ["PublishError", "Published", "export", "publish"]
