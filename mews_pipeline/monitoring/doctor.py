"""Find what keeps the pipeline from working here: one line per finding, with how to fix it.

Sends Mews the pipeline's requests (every reference operation, one page of each of the others) and
lands nothing.
"""

import asyncio
import os
import platform
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from shutil import disk_usage
from uuid import UUID
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from mews_pipeline.extract import availability, money, reference, updates
from mews_pipeline.extract.entities import (
    AVAILABILITY,
    EXCHANGE_RATES,
    LEDGER_BALANCES,
    UPDATED,
    Entity,
)
from mews_pipeline.extract.listing import refusals
from mews_pipeline.extract.scope import Scope
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import Window
from mews_pipeline.files import is_open
from mews_pipeline.mews import Credentials, MewsClient, MewsError, Page
from mews_pipeline.mews.errors import UnreachableError
from mews_pipeline.mews.money import exchange_rate_pages
from mews_pipeline.monitoring.personal_data import what_is_kept
from mews_pipeline.settings import BriefSettings, LocalSettings, Settings, SettingsError, load
from mews_pipeline.temporary import temporary_folder
from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile, warehouse_lock
from mews_pipeline.warehouse.file_errors import translate_errors

# Short, so that a warehouse in use is reported instead of waited for
_PATIENCE_SECONDS = 2.0
_FREE_BYTES = 1_000_000_000
# Later versions with which an earlier release passed its tests, but for those of a lake; the
# workflow for GitHub tries them with each
_TRIED = {"dbt-core": SpecifierSet("==1.12.*"), "duckdb": SpecifierSet("==2.0.*")}
_SHOWN_VERSIONS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "polars")

Pages = AsyncGenerator[Page, None]


@dataclass(frozen=True)
class Finding:
    """What was checked and the result; `is_wrong` if it has to be fixed."""

    what: str
    text: str
    is_wrong: bool = False


def examine() -> Iterator[Finding]:
    """Check the versions, the settings, the warehouse, and how Mews responds to each token."""
    yield _versions()
    yield from _env_file()
    try:
        local = load(LocalSettings)
    except SettingsError as error:
        yield Finding("settings", str(error), is_wrong=True)
        return
    yield _warehouse(local.warehouse)
    yield _alerts(local)
    yield _brief()
    try:
        settings = load(Settings)
    except SettingsError as error:
        yield Finding("settings", str(error), is_wrong=True)
        return
    all_credentials = settings.credentials()
    yield Finding(
        "settings", f"{len(all_credentials)} access tokens, days since {settings.start_date}"
    )
    yield from _personal_data(settings)
    for credentials in all_credentials:
        yield from asyncio.run(_examine_token(settings, credentials))


def _env_file() -> Iterator[Finding]:
    """Say whether others may read the tokens in `.env`, where there is one."""
    name = os.environ.get("MEWS_ENV_FILE", ".env")
    path = Path(name).absolute()
    if name and path.is_file():
        opened = is_open(path)
        text = f"{path} can be read by other users of this machine: chmod 600 {path}"
        yield Finding(".env", text if opened else f"{path}, for you alone", is_wrong=opened)


def _versions() -> Finding:
    wrong = []
    for text in requires("mews-pipeline") or []:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            found = "none"
        if found == "none" or not _is_fit(wanted, found):
            wrong.append(f"{wanted.name} is {found}, not {wanted.specifier}")
    if wrong:
        return Finding(
            "versions",
            f"{'; '.join(wrong)}. Run: pip install mews-pipeline (make install in a checkout)",
            is_wrong=True,
        )
    shown = ", ".join(f"{name} {version(name)}" for name in _SHOWN_VERSIONS)
    return Finding("versions", f"Python {platform.python_version()}, {shown}")


def _is_fit(wanted: Requirement, found: str) -> bool:
    allowed = wanted.specifier, _TRIED.get(wanted.name, wanted.specifier)
    return any(versions.contains(found, prereleases=True) for versions in allowed)


def _warehouse(address: str) -> Finding:
    try:
        warehouse = warehouse_of(address)
        if isinstance(warehouse, DuckDBFile):
            return _file(warehouse.path)
        with warehouse.open(lambda _: None, _PATIENCE_SECONDS):
            return Finding("warehouse", f"{warehouse.name} responds")
    except (SettingsError, WarehouseError) as error:
        return Finding("warehouse", str(error), is_wrong=True)


def _file(path: Path) -> Finding:
    try:
        with warehouse_lock(path, lambda _: None, _PATIENCE_SECONDS), translate_errors(path):
            _probe_folder(path.parent)
            size = path.stat().st_size if path.exists() else 0
            if size:
                with duckdb.connect(str(path)) as connection:
                    connection.execute("select count(*) from duckdb_tables()")
    except (OSError, WarehouseError) as error:
        return Finding("warehouse", str(error), is_wrong=True)
    free = disk_usage(path.parent).free
    if free < _FREE_BYTES:
        text = f"only {free / 1e6:,.0f} MB are free on the disk of {path}: make room"
        return Finding("warehouse", text, is_wrong=True)
    return Finding("warehouse", f"{path}, {size / 1e6:,.1f} MB, {free / 1e9:,.0f} GB free")


def _probe_folder(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise WarehouseError(f"{folder} cannot be written to: change its owner or MEWS_WAREHOUSE")


def _alerts(settings: LocalSettings) -> Finding:
    is_on = settings.alert_webhook is not None
    return Finding(
        "alerts", "sent to MEWS_ALERT_WEBHOOK" if is_on else "off: no MEWS_ALERT_WEBHOOK"
    )


def _brief() -> Finding:
    try:
        settings = load(BriefSettings)
    except SettingsError as error:
        return Finding("brief", str(error), is_wrong=True)
    if not settings.brief_to:
        return Finding("brief", "off: no MEWS_BRIEF_TO")
    channels = "1 channel" if len(settings.brief_to) == 1 else f"{len(settings.brief_to)} channels"
    when = f"{settings.brief_at:%H:%M} of each property"
    return Finding("brief", f"sent at {when} to {channels} of MEWS_BRIEF_TO")


def _personal_data(settings: Settings) -> Iterator[Finding]:
    # A warehouse that cannot be opened is a finding already
    with suppress(WarehouseError):
        try:
            yield Finding("personal data", what_is_kept(settings, _PATIENCE_SECONDS))
        except SettingsError as error:
            yield Finding("personal data", str(error), is_wrong=True)


async def _examine_token(settings: Settings, credentials: Credentials) -> list[Finding]:
    """Check every operation with one access token."""
    who = f"token {credentials.token_key}"
    limiter = settings.limiter(credentials)
    with temporary_folder() as folder, closing(limiter):
        async with MewsClient(credentials, limiter=limiter, page_size=settings.page_size) as client:
            try:
                narrowed = await Scope(settings).of_token(client, with_services=True)
                if narrowed is None:
                    return [Finding(who, "opens none of the enterprises and services asked for")]
                settings = narrowed
                listed = await _reference(client, settings, folder)
            except UnreachableError as error:
                return [Finding("network", str(error), is_wrong=True)]
            except MewsError as error:
                return [Finding(who, str(error), is_wrong=True)]
            if all(one.refused for one in listed if not one.entity.may_be_refused):
                return [Finding(who, f"may read nothing. {listed[0].refused}", is_wrong=True)]
            findings = [_properties(who, listed[0]), _zones(who, listed[0])]
            findings += [_listed(who, fetched) for fetched in listed]
            opened = [UUID(found) for found in sorted(listed[0].enterprise_ids)]
            return findings + [
                await _first_page(f"{who}, {entity.operation.path}", entity, pages)
                for entity, pages in _paged(client, settings, opened)
            ]


def _paged(
    client: MewsClient, settings: Settings, opened: list[UUID]
) -> Iterator[tuple[Entity, Pages]]:
    """Yield the requests of what is fetched by days or once a day, each not yet sent."""
    now = datetime.now(UTC)
    last_hour = Window(now - timedelta(hours=1), now)
    for entity in UPDATED:
        yield entity, updates.Updates(client, entity, settings).pages(last_hour)
    yield AVAILABILITY, availability.pages(client, settings)
    yield EXCHANGE_RATES, exchange_rate_pages(client, settings.enterprise_ids, opened)
    yield LEDGER_BALANCES, money.ledger_pages(client, settings, now)


async def _reference(client: MewsClient, settings: Settings, folder: Path) -> list[Fetched]:
    listing = reference.reference(client, folder, settings, reference.Before())
    async with aclosing(listing):
        return [fetched async for fetched in listing]


async def _first_page(what: str, entity: Entity, pages: Pages) -> Finding:
    try:
        async with aclosing(pages):
            page = await anext(aiter(pages), None)
    except MewsError as error:
        if entity.may_be_refused and isinstance(error, refusals(entity)):
            return _refused(what, str(error))
        return Finding(what, str(error), is_wrong=True)
    return Finding(what, f"responds ({len(page.records) if page else 0} records)")


def _listed(who: str, fetched: Fetched) -> Finding:
    what = f"{who}, {fetched.entity.operation.path}"
    if fetched.refused and fetched.entity.may_be_refused:
        return _refused(what, fetched.refused)
    if fetched.refused:
        return Finding(what, f"refused. {fetched.refused}", is_wrong=True)
    return Finding(what, f"responds ({fetched.rows} records)")


def _refused(what: str, why: str) -> Finding:
    return Finding(what, f"refused, so that reports go on without: grant it for money. {why}")


def _column(fetched: Fetched, name: str) -> list[str | None]:
    parts = [pl.read_parquet(fetched.rows_file(part), glob=False) for part in range(fetched.parts)]
    values = [value for part in parts for value in part[name]]
    # A line break would begin a line that reads as a finding
    return [value and " ".join(value.split()) for value in values]


def _properties(who: str, enterprises: Fetched) -> Finding:
    names = [name or "(without a name)" for name in _column(enterprises, "name")]
    if not names:
        return Finding(who, "opens no property: ask for its enterprise to be added", is_wrong=True)
    return Finding(who, f"opens {', '.join(names)}")


def _zones(who: str, enterprises: Fetched) -> Finding:
    names = _column(enterprises, "name")
    zones = _column(enterprises, "time_zone_identifier")
    unknown = [
        f"{name}: {zone or 'none'}"
        for name, zone in zip(names, zones, strict=True)
        if not zone or not _is_zone(zone)
    ]
    if unknown:
        text = (
            f"not known on this machine: {', '.join(unknown)}. Their nights cannot be computed: "
            "have the property set its time zone in Mews, or update the package tzdata"
        )
        return Finding(f"{who}, time zones", text, is_wrong=True)
    return Finding(f"{who}, time zones", ", ".join(sorted({zone for zone in zones if zone})))


def _is_zone(name: str) -> bool:
    """Tell whether Python, which computes days, and DuckDB, which computes nights, know a zone."""
    try:
        ZoneInfo(name)
        with duckdb.connect() as memory:
            memory.execute("select now() at time zone ?", [name])
    except (ValueError, OSError, KeyError, duckdb.Error):
        return False
    return True
