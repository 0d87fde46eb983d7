"""The one definition of a day: UTC days of UpdatedUtc, from MEWS_START_DATE to today."""

import dagster as dg

from mews_pipeline.settings import LocalSettings, SettingsError, load


def _start_date() -> str:
    """A start date that cannot be used is the steps' error, not that of loading definitions."""
    try:
        return load(LocalSettings).start_date.isoformat()
    except SettingsError:
        return str(LocalSettings.model_fields["start_date"].default)


# end_offset=1: today is a partition although it is not over
daily = dg.DailyPartitionsDefinition(start_date=_start_date(), end_offset=1)
