"""Bring the published copy to where people are: databases, lakes, folders of Parquet.

The source is the published copy; it never opens the warehouse. A target is a name and a function
that brings the copy there, and each fails alone.
"""

from mews_pipeline.publish.targets.bring import Outcome, bring
from mews_pipeline.publish.targets.kinds import Target, targets_of

__all__ = ["Outcome", "Target", "bring", "targets_of"]
