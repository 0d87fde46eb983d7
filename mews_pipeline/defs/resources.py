"""What the steps use: the settings (tokens among them, never as a field) and the warehouse."""

import dagster as dg

from mews_pipeline import lake
from mews_pipeline.settings import LocalSettings, Settings, SettingsError, load
from mews_pipeline.warehouse import Warehouse


class MewsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The way to Mews. Without fields, since Dagster stores those in its run snapshots."""

    def settings(self) -> Settings:
        """Give the settings, read at this moment. Raises SettingsError."""
        return load(Settings)


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The warehouse, by what MEWS_WAREHOUSE says; all else, secrets among it, is read in a step."""

    address: str

    def get(self) -> Warehouse:
        """Give the warehouse of that address. Raises SettingsError."""
        return lake.warehouse_of(self.address)


def the_warehouse() -> WarehouseResource:
    """The warehouse that MEWS_WAREHOUSE names."""
    try:
        return WarehouseResource(address=load(LocalSettings).warehouse)
    except SettingsError:
        return WarehouseResource(address=str(LocalSettings.model_fields["warehouse"].default))
