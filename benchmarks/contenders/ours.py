"""Ours: fetch, flatten and land, as a run of the pipeline does."""

import sys
from datetime import timedelta
from pathlib import Path

from benchmarks.contenders.requests import ACCESS_TOKEN, CLIENT_TOKEN
from benchmarks.pages import DAYS, FIRST_DAY
from mews_pipeline.extract.entities import ENTITIES
from mews_pipeline.ingest import Ingest
from mews_pipeline.settings import Settings
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run


def main(address: str, warehouse: Path, table: str = "reservations") -> None:
    """Bring every day of the benchmark from `address` into that raw table of `warehouse`."""
    settings = Settings.model_validate(
        {
            "platform_address": address,
            "client_token": CLIENT_TOKEN,
            "access_tokens": [ACCESS_TOKEN],
            "start_date": FIRST_DAY,
            # The stand-in has no limit; waiting for Mews' own is not measured
            "rate_limit": 1_000_000,
        }
    )
    days = [FIRST_DAY + timedelta(n) for n in range(DAYS)]
    ingested = Ingest(
        settings, DuckDBFile(warehouse), Run("benchmark", "benchmark"), lambda _: None
    ).updates([ENTITIES[table]], days)[table]
    for error in ingested.errors:
        raise error
    sys.stdout.write(f"{ingested.statistics.requests}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
