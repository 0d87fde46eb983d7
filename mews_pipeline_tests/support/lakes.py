"""Warehouses of both kinds in tests, and lakes without the hashing of DuckDB's extensions."""

import pytest

from mews_pipeline.warehouse.base import Config
from mews_pipeline.warehouse.lake import DuckLake

# Addresses in a folder. What rewrites a lake takes five times as long as with a file: of such tests
# that of forgetting is fast on a lake, and the others are slow
FILE = pytest.param("{}/warehouse.duckdb", id="file")
LAKE = pytest.param("ducklake:{}/catalog.ducklake", id="lake")
SLOW_LAKE = pytest.param(*LAKE.values, id="lake", marks=pytest.mark.slow)
fast_on_a_lake = pytest.mark.parametrize("warehouse", [FILE, LAKE], indirect=True)


def load_extensions_unverified(patch: pytest.MonkeyPatch) -> None:
    """Let DuckDB not hash its extensions whenever a lake is opened, which was half of the CPU.

    The installer has compared the package's hash with the lock file's. One thread, since with more
    the extension itself crashes once in some hundred uses, as others have reported, too.
    """
    genuine = vars(DuckLake)["config"].fget

    def unverified(lake: DuckLake) -> Config:
        return {**genuine(lake), "allow_unsigned_extensions": True, "threads": 1}

    patch.setattr(DuckLake, "config", property(unverified))
