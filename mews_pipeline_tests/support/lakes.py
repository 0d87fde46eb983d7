"""Warehouses of both kinds in tests, and lakes without the hashing of DuckDB's extensions."""

import pytest

from mews_pipeline.warehouse.base import Config
from mews_pipeline.warehouse.lake import DuckLake

# Addresses in a folder. What rewrites a lake takes five times as long as with a file: of such tests
# that of forgetting is fast on a lake, and the others are slow
FILE = pytest.param("{}/warehouse.duckdb", id="file")
LAKE = pytest.param("ducklake:{}/catalog.ducklake", id="lake")
SLOW_LAKE = pytest.param(*LAKE.values, id="lake", marks=pytest.mark.slow)


def configure_lakes_for_tests(patch: pytest.MonkeyPatch) -> None:
    """Open lakes without hashing of extensions, which was half of the CPU, and with one thread.

    The installer has compared the package's hash with the lock file's. With more threads the
    extension itself crashes once in some hundred uses; others have reported such crashes.
    """
    genuine = vars(DuckLake)["config"].fget

    def of_tests(lake: DuckLake) -> Config:
        return {**genuine(lake), "allow_unsigned_extensions": True, "threads": 1}

    patch.setattr(DuckLake, "config", property(of_tests))
