"""Bring a range of days, the reference data or availability from Mews into the warehouse.

In order: ask the warehouse what is missing, fetch all windows of all tokens concurrently without
holding a lock, land each window as soon as it is complete. It never touches Dagster.
"""

from mews_pipeline.ingest.lander import Ingested
from mews_pipeline.ingest.run import Ingest

__all__ = ["Ingest", "Ingested"]
