"""The SQL of personal data: what a landing keeps of it, and how it leaves the raw tables.

Which columns are personal follows from the declarations of the entities. `id`, `updated_utc` and
`_hash` are never changed: a window that is fetched again is recognised, and lands nothing.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from mews_pipeline.extract.entities import Entity
from mews_pipeline.settings import PersonalMode
from mews_pipeline.warehouse.raw import FORGOTTEN

# Marks a stored hash, so that rewriting can be repeated and never hashes a hash
_MARK = "h:"
_IS_HASHED = f"{_MARK}[0-9a-f]{{64}}"
# The persons of a landing who are forgotten, by their plain ids
_FORGOTTEN_HERE = "forgotten_here"
_BLOCK_BYTES = 64


@dataclass(frozen=True)
class Policy:
    """What is kept of personal fields, and the key of the hashes; no repr shows it."""

    mode: PersonalMode = PersonalMode.KEEP
    key: bytes = field(default=b"", repr=False)

    @property
    def values(self) -> dict[str, object]:
        """The parameters of statements that hash, as HMAC prepares a key; else none.

        The key is in no text of a statement, which logs and errors may show.
        """
        if self.mode is not PersonalMode.HASH:
            return {}
        key = hashlib.sha256(self.key).digest() if len(self.key) > _BLOCK_BYTES else self.key
        padded = key.ljust(_BLOCK_BYTES, b"\0")
        return {
            "inner_key": bytes(byte ^ 0x36 for byte in padded),
            "outer_key": bytes(byte ^ 0x5C for byte in padded),
        }

    @property
    def fingerprint(self) -> str | None:
        """What tells one key from another and reveals none; None without hashes."""
        if self.mode is not PersonalMode.HASH:
            return None
        return hmac.digest(self.key, b"the fingerprint of this key", "sha256").hex()[:16]

    def hashed(self, person_id: str) -> str:
        """Return the stored hash of a person's id."""
        return _MARK + hmac.digest(self.key, person_id.encode(), "sha256").hex()


KEEP = Policy()


@dataclass(frozen=True)
class Selection:
    """What is selected of spooled rows: columns from `part`, and the parameters that they take.

    `marks` are columns that say of each row which ids are forgotten, looked up once per row.
    """

    columns: str
    values: dict[str, object]
    marks: str = ""

    def source(self, rows: str) -> str:
        """Return what to select from, to be called `part`."""
        return f"(select *, {self.marks} from {rows})" if self.marks else rows


EVERYTHING = Selection("part.*", {})


def landed(entity: Entity, policy: Policy, *, has_forgotten: bool) -> Selection:
    """Return what lands of an entity's rows.

    `has_forgotten` is what `find_forgotten` returned. Where nothing is to be changed it is `part.*`
    and costs nothing. A row whose guest is forgotten lands without any personal field; of other
    columns, the id of a forgotten person is left out alone.
    """
    if policy.mode is PersonalMode.KEEP and not has_forgotten:
        return EVERYTHING
    marks = {name: f"forgets_{name}" for name in entity.person_columns if has_forgotten}
    guests = {marks[name] for name in entity.guest_columns if has_forgotten}
    replaced = []
    for name in entity.personal_columns:
        kept = _kept(f"part.{name}", policy, is_id=name in entity.person_columns)
        if has_forgotten and kept != "null":
            hides = sorted({*guests, marks[name]} if name in marks else guests)
            kept = f"case when {_any(f'part.{mark}' for mark in hides)} then null else {kept} end"
        replaced.append(f"{kept} as {name}")
    exclude = f"exclude ({', '.join(marks.values())}) " if marks else ""
    return Selection(
        f"part.* {exclude}replace ({', '.join(replaced)})",
        policy.values if entity.person_columns else {},
        ", ".join(
            f"{name} in (select id from {_FORGOTTEN_HERE}) as {mark}"
            for name, mark in marks.items()
        ),
    )


def find_forgotten(connection: duckdb.DuckDBPyConnection, entity: Entity, rows: str) -> bool:
    """Return whether rows to land name a forgotten person; keep who in a temporary table.

    Persons are compared by their plain ids, whatever lands of them: the list of the forgotten stays
    the same when the policy changes.
    """
    if not entity.person_columns:
        return False
    if connection.execute(f"select 1 from raw.{FORGOTTEN} limit 1").fetchone() is None:
        return False
    ids = ", ".join(entity.person_columns)
    connection.execute(
        f"""
        create or replace temp table {_FORGOTTEN_HERE} as
        with persons as (select distinct unnest([{ids}]) as id from {rows}),
        salts as (select distinct salt from raw.{FORGOTTEN})
        select distinct id from persons, salts
        where sha256(salt || id) in (select person_hash from raw.{FORGOTTEN})"""
    )
    return connection.execute(f"select 1 from {_FORGOTTEN_HERE} limit 1").fetchone() is not None


def drop_forgotten(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary table of plain ids that `find_forgotten` made."""
    connection.execute(f"drop table if exists temp.{_FORGOTTEN_HERE}")


def erase(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    condition: str,
    values: Mapping[str, object] | None = None,
) -> int:
    """Null all personal columns of the raw rows that meet a condition; return how many changed.

    Versions are never removed: each keeps its id, its instant and its hash.
    """
    nulls = ", ".join(f"{name} = null" for name in entity.personal_columns)
    filled = _any(f"{name} is not null" for name in entity.personal_columns)
    return _changed(
        connection,
        f"update raw.{entity.table} set {nulls} where ({condition}) and ({filled})",
        values,
    )


def rewrite(
    connection: duckdb.DuckDBPyConnection, entity: Entity, policy: Policy, condition: str
) -> int:
    """Leave of the raw rows that meet a condition what the policy keeps; return how many changed.

    What is hashed stays as it is, so a rewriting that was stopped can be repeated.
    """
    if policy.mode is PersonalMode.DROP or not entity.person_columns:
        return erase(connection, entity, condition)
    ids = entity.person_columns
    plain = {name: f"not regexp_full_match({name}, '{_IS_HASHED}')" for name in ids}
    values = ", ".join(
        f"{name} = case when {plain[name]} then {_hash(name)} else {name} end"
        if name in plain
        else f"{name} = null"
        for name in entity.personal_columns
    )
    wrong = _any(plain.get(name, f"{name} is not null") for name in entity.personal_columns)
    return _changed(
        connection,
        f"update raw.{entity.table} set {values} where ({condition}) and ({wrong})",
        policy.values,
    )


def remember_forgotten(
    connection: duckdb.DuckDBPyConnection, ids: Iterable[str], stamp: datetime
) -> None:
    """Add persons to the list that each landing is compared with, by salted hashes.

    The caller holds the exclusive lock. Who is in the list already is not added again.
    """
    salts = _salts(connection) or [secrets.token_hex(16)]
    new = sorted(set(ids) - are_forgotten(connection, set(ids)))
    rows = [[_salted(salts[0], one), salts[0], stamp] for one in new]
    if rows:
        connection.executemany(f"insert into raw.{FORGOTTEN} values (?, ?, ?)", rows)


def are_forgotten(connection: duckdb.DuckDBPyConnection, ids: Collection[str]) -> frozenset[str]:
    """Return those of the ids that are in the list of forgotten persons."""
    found = connection.execute(f"select person_hash from raw.{FORGOTTEN}").fetchall()
    known = {person_hash for (person_hash,) in found}
    salts = _salts(connection)
    return frozenset(one for one in ids if any(_salted(salt, one) in known for salt in salts))


def stored_ids(ids: Iterable[str], policy: Policy) -> list[str]:
    """Return the forms in which the ids may stand in raw tables: plain and, with a key, hashed."""
    plain = list(ids)
    return [*plain, *(policy.hashed(one) for one in plain)] if policy.key else plain


def _salts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(f"select distinct salt from raw.{FORGOTTEN} order by salt")
    return [salt for (salt,) in found.fetchall()]


def _salted(salt: str, person_id: str) -> str:
    return hashlib.sha256((salt + person_id).encode()).hexdigest()


def _kept(value: str, policy: Policy, *, is_id: bool) -> str:
    """Return what the policy keeps of a personal column."""
    if policy.mode is PersonalMode.KEEP:
        return value
    return _hash(value) if policy.mode is PersonalMode.HASH and is_id else "null"


def _hash(value: str) -> str:
    """Return the marked HMAC-SHA256 of a text, null for null, from the parameters of a policy."""
    inner = f"unhex(sha256($inner_key || encode({value})))"
    return f"'{_MARK}' || sha256($outer_key || {inner})"


def _any(conditions: Iterable[str]) -> str:
    return " or ".join(conditions) or "false"


def _changed(
    connection: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, object] | None
) -> int:
    found = connection.execute(statement, dict(values or {})).fetchone()
    return int(found[0]) if found else 0
