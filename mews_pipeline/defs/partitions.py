"""The one definition of a day: UTC days of UpdatedUtc, from MEWS_START_DATE to today.

Where MEWS_TOKEN_GROUPS is more than 1, updates are partitioned by day and group of access tokens:
Dagster then makes a backfill one run per group, and knows of each group which days it lacks.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from mews_pipeline.settings import LocalSettings, SettingsError, load

_DAY, _TOKENS = "day", "tokens"


def _setting(name: str) -> Any:
    """One that cannot be used is the steps' error, not that of loading definitions."""
    try:
        return getattr(load(LocalSettings), name)
    except SettingsError:
        return LocalSettings.model_fields[name].default


def _groups(number: int) -> tuple[str, ...]:
    """Their names; the number is part of them, for with another one they are other groups."""
    return tuple(f"{group:03}-of-{number}" for group in range(number)) if number > 1 else ()


# end_offset=1: today is a partition although it is not over
daily = dg.DailyPartitionsDefinition(start_date=_setting("start_date").isoformat(), end_offset=1)
GROUPS = _groups(_setting("token_groups"))
updates_by: dg.PartitionsDefinition[str] = daily
if GROUPS:
    updates_by = dg.MultiPartitionsDefinition(
        {_DAY: daily, _TOKENS: dg.StaticPartitionsDefinition(GROUPS)}
    )


def key(day: str, group: str = "") -> str:
    """The key of a partition of updates."""
    return dg.MultiPartitionKey({_DAY: day, _TOKENS: group}) if group else day


def day_of(partition_key: str) -> str:
    """The day of such a key."""
    return partition_key.partition("|")[0]


def group_of(partition_key: str) -> str:
    """The group of such a key; nothing where there are no groups."""
    return partition_key.partition("|")[2]


def number_of(group: str) -> int:
    """The number of a group, as the settings know it."""
    return int(group.partition("-")[0])


def group_of_run(tags: Mapping[str, str]) -> str:
    """The group (of several the first) whose days a run with these tags fetches."""
    first = tags.get("dagster/partition") or tags.get("dagster/asset_partition_range_start", "")
    return group_of(first)
