"""The metrics: defined once in the dbt project, computed by MetricFlow over the published copy.

Only `semantic_layer` imports MetricFlow, which is an extra. Nothing here opens the warehouse, and
nothing here writes.
"""

from mews_pipeline.metrics.definitions import Metric, metrics
from mews_pipeline.metrics.query import MetricError, MetricQuery, run

__all__ = ["Metric", "MetricError", "MetricQuery", "metrics", "run"]
