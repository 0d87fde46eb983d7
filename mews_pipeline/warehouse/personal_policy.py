"""Which policy of personal data a warehouse has, and how it moves to the one of the settings.

The only moves are from keep to hash to drop: what was hashed or dropped cannot come back. A move
rewrites history under the exclusive lock; one that was stopped goes on when it is run again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from mews_pipeline.extract.entities import ENTITIES, Entity
from mews_pipeline.settings import (
    POSTGRES_LAKE,
    LocalSettings,
    PersonalMode,
    Settings,
    SettingsError,
)
from mews_pipeline.warehouse.base import Log, Warehouse
from mews_pipeline.warehouse.compact import compact
from mews_pipeline.warehouse.erasures import Erasure, record_erasure
from mews_pipeline.warehouse.key_file import another_key, create_key, missing_key, read_key
from mews_pipeline.warehouse.personal import Policy, rewrite
from mews_pipeline.warehouse.raw import PERSONAL_POLICY, instant_of, transaction


@dataclass(frozen=True)
class Stored:
    """The policy that a warehouse has; `is_done` where all of its history was rewritten for it."""

    mode: PersonalMode = PersonalMode.KEEP
    fingerprint: str | None = None
    is_done: bool = True

    def is_that_of(self, policy: Policy) -> bool:
        """Return whether rows land by this policy."""
        return (self.mode, self.fingerprint) == (policy.mode, policy.fingerprint)


def stored(connection: duckdb.DuckDBPyConnection) -> Stored:
    """Return the policy of the warehouse: of those that it ever had, the one that keeps least."""
    found = connection.execute(
        "select mode, key_fingerprint, count(finished_utc) > 0"
        f" from raw.{PERSONAL_POLICY} group by mode, key_fingerprint"
    ).fetchall()
    policies = [Stored(PersonalMode(mode), key, is_done) for mode, key, is_done in found]
    return max(policies, key=lambda one: one.mode.rank, default=Stored())


def check(connection: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Raise SettingsError where the warehouse has another policy, so that nothing lands by this."""
    known = stored(connection)
    if not known.is_that_of(policy):
        raise _outdated(known)


def policy_of(settings: LocalSettings, known: Stored, *, creates_key: bool = False) -> Policy:
    """Return the policy of the settings for a warehouse that has a policy. Raises SettingsError.

    A key that is missing is created where `creates_key`, unless several machines need it or the
    warehouse has hashes by another one.
    """
    if settings.personal.rank < known.mode.rank:
        raise _outdated(known)
    path = settings.personal_key_file
    if settings.personal is not PersonalMode.HASH or path is None:
        return Policy(settings.personal)
    is_hashed = known.mode is PersonalMode.HASH
    key = read_key(path)
    if key is None:
        if is_hashed or not creates_key or has_several_machines(settings):
            raise missing_key(path, is_hashed=is_hashed)
        key = create_key(path)
    policy = Policy(PersonalMode.HASH, key)
    if is_hashed and not known.is_that_of(policy):
        raise another_key(path)
    return policy


def applied(warehouse: Warehouse, settings: LocalSettings, log: Log) -> Policy:
    """Return the policy of the settings, once all that has landed keeps no more than it allows.

    Raises SettingsError where the settings would keep more than the warehouse does or have another
    key, and WarehouseError.
    """
    with warehouse.open(log) as connection:
        known = stored(connection)
    policy = policy_of(settings, known, creates_key=True)
    if not (known.is_that_of(policy) and known.is_done):
        _move(warehouse, settings, policy, log)
    return policy


def _move(warehouse: Warehouse, settings: LocalSettings, policy: Policy, log: Log) -> None:
    """Rewrite history by a policy, and record that; go on where another process stopped."""
    started = datetime.now(UTC)
    with warehouse.lock(log), warehouse.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        # Another process may have moved it while this one waited for the lock
        known = stored(connection)
        policy_of(settings, known)
        is_resumed = known.is_that_of(policy)
        if is_resumed and known.is_done:
            return
        if not is_resumed:
            _record(connection, policy, started, None)
        versions = sum(_rewritten(connection, policy, log))
        if versions:
            erased = Erasure("policy", started, versions)
            record_erasure(connection, erased, datetime.now(UTC))
    # One that was stopped may have rewritten without compacting
    if versions or is_resumed:
        log(f"MEWS_PERSONAL={policy.mode}: {versions:,} versions rewritten; old bytes are removed.")
        compact(warehouse, log)
    with warehouse.lock(log), warehouse.connect() as connection:
        _record(connection, policy, started, datetime.now(UTC))


def _rewritten(connection: duckdb.DuckDBPyConnection, policy: Policy, log: Log) -> Iterator[int]:
    """Rewrite each raw table month by month; yield how many rows changed."""
    for entity in ENTITIES.values():
        for month in _months(connection, entity):
            with transaction(connection):
                changed = rewrite(connection, entity, policy, month)
            if changed:
                log(f"raw.{entity.table}: {changed:,} versions rewritten where {month}")
            yield changed


def _months(connection: duckdb.DuckDBPyConnection, entity: Entity) -> list[str]:
    """Return the conditions of the months of which a raw table has rows."""
    instant = instant_of(entity.table)
    found = connection.execute(
        f"select distinct cast(date_trunc('month', {instant}) as date) as month"
        f" from raw.{entity.table} order by month"
    ).fetchall()
    return [
        f"{instant} is null"
        if month is None
        else f"{instant} >= timestamptz '{month}'"
        f" and {instant} < timestamptz '{month}' + interval 1 month"
        for (month,) in found
    ]


def _record(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    started: datetime,
    finished: datetime | None,
) -> None:
    connection.execute(
        f"insert into raw.{PERSONAL_POLICY} values (?, ?, ?, ?, ?)",
        [policy.mode.value, policy.fingerprint, started, finished, finished or started],
    )


def has_several_machines(settings: LocalSettings) -> bool:
    """Return whether processes of other machines land in the warehouse, too."""
    shared = isinstance(settings, Settings) and settings.redis_url is not None
    return settings.warehouse == POSTGRES_LAKE or shared


def _outdated(known: Stored) -> SettingsError:
    """Return the error of settings that the warehouse's policy is not that of."""
    to_do = f"set MEWS_PERSONAL={known.mode}"
    if known.mode is PersonalMode.HASH:
        to_do += ", and MEWS_PERSONAL_KEY_FILE to its key"
    if known.mode is PersonalMode.KEEP:
        to_do += ", or run this again, which rewrites what has landed"
    return SettingsError(
        f"MEWS_PERSONAL cannot be used: the warehouse has MEWS_PERSONAL={known.mode}, and the only "
        f"moves are from keep to hash to drop. On this machine, {to_do}. Nothing was landed."
    )
