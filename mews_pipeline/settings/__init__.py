"""Read and validate every environment variable of the pipeline, from the process and `.env`.

It never reads them at import: a missing token fails only the step that needs it.
"""

from mews_pipeline.settings.kinds import (
    BriefSettings,
    LakeFilesSettings,
    LakeSettings,
    LocalSettings,
    Settings,
    UiSettings,
)
from mews_pipeline.settings.loading import (
    SettingsError,
    lake_address,
    load,
    load_or_default,
    tokens_are_given,
)
from mews_pipeline.settings.personal import PersonalMode
from mews_pipeline.settings.targets import PublishSettings
from mews_pipeline.settings.values import LAKE, POSTGRES_LAKE, warehouse_address

__all__ = [
    "LAKE",
    "POSTGRES_LAKE",
    "BriefSettings",
    "LakeFilesSettings",
    "LakeSettings",
    "LocalSettings",
    "PersonalMode",
    "PublishSettings",
    "Settings",
    "SettingsError",
    "UiSettings",
    "lake_address",
    "load",
    "load_or_default",
    "tokens_are_given",
    "warehouse_address",
]
