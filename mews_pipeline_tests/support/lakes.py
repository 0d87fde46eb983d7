"""Open a DuckLake in tests without the hashing of DuckDB's extensions."""

import pytest

from mews_pipeline.warehouse.base import Config
from mews_pipeline.warehouse.lake import DuckLake


def load_extensions_unverified(patch: pytest.MonkeyPatch) -> None:
    """Let DuckDB not hash its extensions whenever a lake is opened, which was half of the CPU.

    The installer has compared the package's hash with the lock file's.
    """
    genuine = vars(DuckLake)["config"].fget

    def unverified(lake: DuckLake) -> Config:
        return {**genuine(lake), "allow_unsigned_extensions": True}

    patch.setattr(DuckLake, "config", property(unverified))
