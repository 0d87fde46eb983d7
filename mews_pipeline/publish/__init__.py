"""What analysts open: a copy of the marts that nobody blocks, Parquet files, a report to look at.

Reads marts; never Mews.

Charts and their libraries are imported where they are drawn, so that this package loads fast.
"""

from mews_pipeline.publish.analytics import Published, PublishError, publish
from mews_pipeline.publish.exports import export

__all__ = ["PublishError", "Published", "export", "publish"]
