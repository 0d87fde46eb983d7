"""Every environment variable of the pipeline, once, validated; read from the process and `.env`.

Loaded inside a step, never at import: a missing token is an error of the step that needs it.
"""

import os
from collections.abc import Collection
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import Field, HttpUrl, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mews_pipeline.mews import Credentials, Limiter, SharedLimiter
from mews_pipeline.mews.credentials import token_key

_HINTS = {
    "platform_address": "the address of the API, as https://api.mews.com",
    "client_token": "the client token of your Mews integration",
    "access_tokens": "one access token per property or portfolio, separated by commas",
    "client": "the name and version of your integration, as Hotel data team 1.0",
    "start_date": "the first UTC day to fetch, as 2025-01-31, not in the future",
    "enterprise_ids": "ids (UUIDs) separated by commas, or nothing for all",
    "service_ids": "ids (UUIDs) separated by commas, or nothing for all",
    "page_size": "a whole number from 1 to 1000",
    "rate_limit": "the requests that Mews takes from an access token in 30 seconds, 200 by default",
    "redis_url": "the Redis of several machines, as redis://:password@host:6379/0; none for one",
    "token_groups": "into how many groups access tokens fall, each fetched by runs of its own",
    "refresh_overlap_minutes": "a whole number of minutes from 0 to 1440",
    "alert_webhook": "the address of a Slack-compatible webhook, or nothing for no alerts",
    "dagster_url": "the address of Dagster's UI, for the links in alerts",
    "warehouse": "the path of a DuckDB file, or ducklake:postgres: (docs/scale.md)",
    "analytics": "the path of another DuckDB file than MEWS_WAREHOUSE, the one that analysts open",
    "lake_host": "the PostgreSQL server that holds the lake's catalog",
    "lake_port": "that server's port, 5432 by default",
    "lake_database": "the database of the lake's catalog",
    "lake_user": "a user that may create tables in that database",
    "lake_password": "that user's password",
    "lake_data_path": "where the lake's Parquet files are, as s3://bucket/folder/ or a folder",
    "lake_s3_endpoint": "host and port of an S3-compatible server, without http://; none for AWS",
    "lake_s3_region": "the region of the bucket, us-east-1 by default",
    "lake_s3_key_id": "the id of an access key that may read and write the bucket",
    "lake_s3_secret": "that access key's secret",
    "lake_s3_use_ssl": "true or false: whether the endpoint speaks https",
    "lake_s3_url_style": "vhost or path: how the endpoint wants buckets named",
    "lake_keep_days": "for how many days the lake keeps earlier states, 7 by default",
}


LAKE, POSTGRES_LAKE = "ducklake:", "ducklake:postgres:"


class SettingsError(ValueError):
    """Settings that are missing or malformed; the message names each and never shows a value."""


def _comma_separated(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def warehouse_address(value: str) -> str:
    """What MEWS_WAREHOUSE may name, paths absolute. Raises ValueError, which shows no value."""
    kind = LAKE if value.startswith(LAKE) else ""
    where = value.removeprefix(LAKE)
    if value == POSTGRES_LAKE:
        return value
    if "://" in where or (kind and (":" in where or not where)):
        raise ValueError("how PostgreSQL is reached is said by MEWS_LAKE_HOST and so on")
    return kind + str(_absolute(Path(where)))


class _FromEnvironment(BaseSettings):
    """Names in the environment are the field names, upper case, with `MEWS_` before them."""

    model_config = SettingsConfigDict(
        env_prefix="MEWS_",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )


class LocalSettings(_FromEnvironment):
    """What is needed to load definitions: where the warehouse is and when days begin."""

    start_date: date = date(2023, 1, 1)
    # More than 1: Dagster's partitions are days and groups of tokens, and each has its own runs
    token_groups: Annotated[int, Field(ge=1, le=1000)] = 1
    # A DuckDB file, absolute, or a DuckLake: lake.warehouse_of opens either
    warehouse: Annotated[str, Field(validate_default=True)] = "data/warehouse.duckdb"
    # Beside its warehouse, so that a warehouse of another folder does not replace this one's copy
    analytics: Annotated[Path, Field(validate_default=True)] = Field(
        default_factory=lambda found: _beside(found["warehouse"])
    )
    alert_webhook: SecretStr | None = None
    dagster_url: HttpUrl = HttpUrl("http://localhost:3000")

    @field_validator("start_date")
    @classmethod
    def _not_in_the_future(cls, value: date) -> date:
        if value > datetime.now(UTC).date():
            raise ValueError("it is in the future")
        return value

    _named = field_validator("warehouse")(warehouse_address)

    @field_validator("analytics")
    @classmethod
    def _another_file(cls, value: Path, found: ValidationInfo) -> Path:
        value = _absolute(value)
        if str(value) == found.data.get("warehouse"):
            raise ValueError("it is the warehouse itself")
        return value

    @property
    def report(self) -> Path:
        """Where the report to look at is written."""
        return self.analytics.with_name("report.html")

    @property
    def exports(self) -> Path:
        """The folder of the Parquet files."""
        return self.analytics.with_name("export")


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _beside(warehouse: str) -> Path:
    where = "data/lake" if warehouse == POSTGRES_LAKE else warehouse.removeprefix(LAKE)
    return Path(where).with_name("analytics.duckdb")


class UiSettings(_FromEnvironment):
    """What the webserver needs, so that other settings that are malformed do not stop it."""

    dagster_url: HttpUrl | None = None


class LakeFilesSettings(_FromEnvironment):
    """Where a lake's Parquet files are, and the key to them."""

    lake_data_path: str | None = None
    lake_s3_endpoint: str | None = None
    lake_s3_region: str = "us-east-1"
    lake_s3_key_id: str | None = None
    lake_s3_secret: SecretStr = SecretStr("")
    lake_s3_use_ssl: bool = True
    lake_s3_url_style: Literal["vhost", "path"] = "vhost"
    lake_keep_days: Annotated[int, Field(ge=1)] = 7


class LakeSettings(LakeFilesSettings):
    """How a lake whose catalog is in PostgreSQL is reached."""

    lake_data_path: str
    lake_host: str
    lake_port: int = 5432
    lake_database: str
    lake_user: str
    lake_password: SecretStr


class Settings(LocalSettings):
    """All settings, with the tokens as secrets that no repr shows."""

    platform_address: HttpUrl
    client_token: SecretStr
    access_tokens: Annotated[list[SecretStr], NoDecode, Field(min_length=1)]
    client: Annotated[str, Field(min_length=1)] = f"mews_pipeline {version('mews-pipeline')}"
    enterprise_ids: Annotated[list[UUID], NoDecode] = []
    service_ids: Annotated[list[UUID], NoDecode] = []
    page_size: Annotated[int, Field(ge=1, le=1000)] = 1000
    rate_limit: Annotated[int, Field(ge=1)] = 200
    redis_url: SecretStr | None = None
    refresh_overlap_minutes: Annotated[int, Field(ge=0, le=1440)] = 10

    _split = field_validator("access_tokens", "enterprise_ids", "service_ids", mode="before")(
        _comma_separated
    )

    @property
    def scope(self) -> dict[str, Any]:
        """The enterprises and services to which requests are restricted; no key where all are."""
        given = {"enterprise_ids": self.enterprise_ids, "service_ids": self.service_ids}
        return {name: ids for name, ids in given.items() if ids}

    @property
    def enterprise_scope(self) -> dict[str, Any]:
        """The enterprises of `scope`, for operations that list what services belong to."""
        return {"enterprise_ids": self.enterprise_ids} if self.enterprise_ids else {}

    def credentials(self) -> list[Credentials]:
        """Give the way to Mews of each access token, of one given twice once."""
        return [
            Credentials(
                platform_address=str(self.platform_address),
                client_token=self.client_token,
                access_token=access_token,
                client=self.client,
            )
            for access_token in dict.fromkeys(self.access_tokens)
        ]

    def limiter(self, credentials: Credentials) -> Limiter:
        """Give the limit of its access token: that of all machines, or of this one's processes."""
        if self.redis_url is None:
            return SharedLimiter(credentials.limit_name, requests=self.rate_limit)
        # Only here: one machine needs no Redis
        from mews_pipeline.mews.redis_limiter import RedisLimiter  # noqa: PLC0415

        return RedisLimiter(
            self.redis_url.get_secret_value(), credentials.limit_name, requests=self.rate_limit
        )

    def of_groups(self, groups: Collection[int]) -> Self:
        """Give the settings with the tokens of these groups alone, which may be none.

        A token's group follows from its short hash: others come and go without moving it.
        """
        kept = [
            t for t in self.access_tokens if int(token_key(t), 16) % self.token_groups in groups
        ]
        return self.model_copy(update={"access_tokens": kept})


AnySettings = TypeVar("AnySettings", bound=_FromEnvironment)


def load(kind: type[AnySettings]) -> AnySettings:
    """Give the settings of that kind from the environment and `.env`.

    Raises SettingsError, which lists every variable that is missing or malformed.
    """
    try:
        # .env is that of the working directory; "" reads none
        return kind(_env_file=os.environ.get("MEWS_ENV_FILE", ".env") or None)
    except ValidationError as error:
        problems = [
            _problem(str(e["loc"][0]), e["type"], e["msg"])
            for e in error.errors(include_input=False)
        ]
    raise SettingsError(
        "The settings cannot be used:\n"
        + "\n".join(f"  - {problem}" for problem in problems)
        + "\nSet them in the environment or in .env (.env.example is a template, README.md has "
        "the table). To try the pipeline without Mews: make demo."
    )


def tokens_are_given() -> bool:
    """Whether any of the settings that name a Mews is there; without, nothing asks Mews."""
    named = {"platform_address", "client_token", "access_tokens"}
    return bool(load(_Named).model_fields_set & named)


class _Named(LocalSettings):
    platform_address: str = ""
    client_token: SecretStr = SecretStr("")
    access_tokens: SecretStr = SecretStr("")


def _problem(field: str, kind: str, message: str) -> str:
    what = "is missing" if kind == "missing" else f"cannot be used ({message})"
    return f"MEWS_{field.upper()} {what}; it is {_HINTS[field]}"
