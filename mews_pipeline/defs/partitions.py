"""The one definition of a day: UTC days of UpdatedUtc, from MEWS_START_DATE to today.

Where MEWS_TOKEN_GROUPS is more than 1, updates are partitioned by day and group of access tokens:
Dagster then makes a backfill one run per group, and records for each group which days it lacks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import dagster as dg

_DAY, _TOKENS = "day", "tokens"


@dataclass(frozen=True)
class Partitions:
    """The days from `start` on, by so many groups of access tokens."""

    start: date
    token_groups: int = 1

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups; none for a single group.

        Their number is part of each name, because groups of another number hold other tokens.
        """
        if self.token_groups == 1:
            return ()
        return tuple(f"{group:03}-of-{self.token_groups}" for group in range(self.token_groups))

    @cached_property
    def daily(self) -> dg.DailyPartitionsDefinition:
        """The days alone."""
        # end_offset=1: today is a partition although it is not over
        return dg.DailyPartitionsDefinition(start_date=self.start.isoformat(), end_offset=1)

    @cached_property
    def updates(self) -> dg.PartitionsDefinition[str]:
        """The days, or the days of each group."""
        if not self.groups:
            return self.daily
        groups = dg.StaticPartitionsDefinition(self.groups)
        return dg.MultiPartitionsDefinition({_DAY: self.daily, _TOKENS: groups})

    def numbers(self, partition_keys: Iterable[str]) -> set[int]:
        """Give the numbers of the groups in these keys, as the settings count them."""
        found = {group_of(key) for key in partition_keys} - {""}
        return {self.groups.index(group) for group in found}


def key(day: date | str, group: str = "") -> str:
    """Give the partition key of a day, or of a day of a group."""
    return dg.MultiPartitionKey({_DAY: str(day), _TOKENS: group}) if group else str(day)


def range_tags(first: str, last: str) -> dict[str, str]:
    """Give the tags of a run from one partition key to another, both included."""
    return {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }


def day_of(partition_key: str) -> date:
    """Give the day of a partition key."""
    return date.fromisoformat(_dimensions(partition_key)[_DAY])


def group_of(partition_key: str) -> str:
    """Give the group of a partition key; empty where there are no groups."""
    return _dimensions(partition_key)[_TOKENS]


def group_of_run(tags: Mapping[str, str]) -> str:
    """Give the group (the first, if several) whose days a run with these tags fetches."""
    first = tags.get("dagster/partition") or tags.get("dagster/asset_partition_range_start", "")
    return group_of(first)


def _dimensions(partition_key: str) -> Mapping[str, str]:
    if isinstance(partition_key, dg.MultiPartitionKey):
        return partition_key.keys_by_dimension
    # In tags and records Dagster keeps a key as plain text
    day, _, group = partition_key.partition("|")
    return {_DAY: day, _TOKENS: group}
