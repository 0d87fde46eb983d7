"""The settings, by who needs them: each field's description is the only text about it."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, HttpUrl, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mews_pipeline.environment import PREFIX
from mews_pipeline.mews import Credentials, Limiter, SharedLimiter
from mews_pipeline.mews.credentials import token_key
from mews_pipeline.notify import addresses
from mews_pipeline.settings.personal import PersonalMode, key_file
from mews_pipeline.settings.values import (
    absolute,
    beside,
    clock_time,
    comma_separated,
    header,
    redis_address,
    token,
    tokens,
    warehouse_address,
)

_DATA_PATH = "where the lake's Parquet files are, as s3://bucket/folder/ or a folder"


class FromEnvironment(BaseSettings):
    """Settings from environment variables, named as the fields in upper case after `MEWS_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )


class LocalSettings(FromEnvironment):
    """The settings that definitions need to load: the warehouse and the first day."""

    start_date: date = Field(
        date(2023, 1, 1),
        description="the first UTC day to fetch, as 2025-01-31, not in the future",
    )
    # From 2 on, so that it reaches past the 730 days that reports look ahead
    ledger_years_ahead: int = Field(
        3,
        ge=2,
        le=50,
        description="how many years after the present one nights of stays are posted, a whole "
        "number from 2 to 50",
    )
    # Of DuckDB's buffers. What does not fit is spilled to disk
    memory: str = Field(
        "2GB",
        pattern=r"^[1-9][0-9]*(MB|GB)$",
        description="how much memory DuckDB may use to build the models, as 2GB or 800MB",
    )
    # Above 1, partitions become day by token group, each with its own runs
    token_groups: int = Field(
        1,
        ge=1,
        le=1000,
        description="the number of groups of access tokens, each fetched by runs of its own",
    )
    # A DuckDB file, absolute, or a DuckLake: factory.warehouse_of opens either
    warehouse: str = Field(
        "data/warehouse.duckdb",
        validate_default=True,
        description="the path of a DuckDB file, or ducklake:postgres: (docs/lake.md)",
    )
    # In its warehouse's folder, so that a warehouse of another folder does not replace this copy
    analytics: Path = Field(
        default_factory=lambda found: beside(found["warehouse"]),
        validate_default=True,
        description="the path of the DuckDB file that analysts open, another one than "
        "MEWS_WAREHOUSE; report.html and export/ are beside it",
    )
    state: Path = Field(
        default_factory=lambda found: beside(found["warehouse"]).parent,
        validate_default=True,
        description="the folder of dbt's manifest, target and logs, the warehouse's own by default",
    )
    published_group: str | None = Field(
        None,
        description="a group of this machine that alone may read the published files, which then "
        "need a folder of their own (MEWS_ANALYTICS); nothing for all users",
    )
    personal: PersonalMode = Field(
        PersonalMode.KEEP,
        description="what is kept of personal data: keep, hash (of ids of persons a keyed hash, "
        "else nothing) or drop (nothing); the only moves are from keep to hash to drop",
    )
    personal_key_file: Path | None = Field(
        None,
        validate_default=True,
        description="the path of the file with the key of those hashes, outside the folders of the "
        "data, for this user alone (mode 0600); nothing without hashes",
    )
    personal_days: int | None = Field(
        None,
        ge=1,
        description="how many days after the end of a stay its personal data is kept; nothing for "
        "no limit",
    )
    # More than the days that the sensor missing_days looks back in Dagster's records
    run_days: int = Field(
        30,
        ge=15,
        description="how many days Dagster's records and logs of runs are kept, 15 or more",
    )
    alert_webhook: SecretStr | None = Field(
        None,
        description="the address of a Slack-compatible webhook (https://), or an apprise URL, that "
        "gets an alert when runs fail; nothing for no alerts",
    )
    dagster_url: HttpUrl = Field(
        HttpUrl("http://localhost:3000"),
        description="the address of Dagster's UI in the browser: for the links in alerts, and the "
        "one under which a proxy may serve it",
    )

    @field_validator("start_date")
    @classmethod
    def _not_in_the_future(cls, value: date) -> date:
        if value > datetime.now(UTC).date():
            raise ValueError("it is in the future")
        return value

    _posted = field_validator("alert_webhook")(addresses.channel)
    _named = field_validator("warehouse")(warehouse_address)
    _placed = field_validator("state")(absolute)

    @field_validator("analytics")
    @classmethod
    def _another_file(cls, value: Path, found: ValidationInfo) -> Path:
        value = absolute(value)
        if str(value) == found.data.get("warehouse"):
            raise ValueError("it is the warehouse itself")
        return value

    @field_validator("published_group")
    @classmethod
    def _folder_of_its_own(cls, value: str | None, found: ValidationInfo) -> str | None:
        # The warehouse's folder is for this user alone: nobody else could enter
        folders = [Path(str(found.data.get(name))).parent for name in ("warehouse", "analytics")]
        if value and folders[0] == folders[1]:
            raise ValueError("MEWS_ANALYTICS must be in another folder than MEWS_WAREHOUSE")
        return value

    @field_validator("personal_key_file")
    @classmethod
    def _apart_from_the_data(cls, value: Path | None, found: ValidationInfo) -> Path | None:
        known = found.data
        files = (known[name] for name in ("warehouse", "analytics") if name in known)
        data = [beside(str(file)).parent for file in files]
        return key_file(value, known.get("personal"), [*data, *filter(None, [known.get("state")])])

    @property
    def report(self) -> Path:
        """The path of the HTML report."""
        return self.analytics.with_name("report.html")

    @property
    def exports(self) -> Path:
        """The folder of the Parquet exports."""
        return self.analytics.with_name("export")


class BriefSettings(LocalSettings):
    """The settings of the morning brief, which no build needs."""

    brief_to: Annotated[list[SecretStr], NoDecode] = Field(
        [],
        description="who gets the morning brief: apprise URLs (docs/operations.md) or "
        "Slack-compatible webhooks (https://), separated by commas; nothing for no brief",
    )
    brief_at: time = Field(
        time(7),
        description="when the morning brief is due, as 07:00, on each property's own clock",
    )
    brief_pickup_below: int = Field(
        -10,
        description="a line of the brief is red below this many room nights picked up since "
        "yesterday per 100 usable rooms",
    )
    brief_cancelled_above: int = Field(
        50,
        ge=0,
        description="a line of the brief is red above this many room nights cancelled since "
        "yesterday per 100 usable rooms",
    )

    _divided = field_validator("brief_to", mode="before")(addresses.split)
    _reached = field_validator("brief_to")(addresses.channels)
    _written = field_validator("brief_at", mode="before")(clock_time)


class UiSettings(FromEnvironment):
    """What the webserver needs, so that other settings that are malformed do not stop it."""

    dagster_url: HttpUrl | None = Field(
        None, description=LocalSettings.model_fields["dagster_url"].description
    )


class LakeFilesSettings(FromEnvironment):
    """The settings of a lake's Parquet files and of the object store that holds them."""

    lake_data_path: str | None = Field(None, description=_DATA_PATH)
    lake_s3_endpoint: str | None = Field(
        None,
        description="host and port of an S3-compatible server, without http://; nothing for AWS",
    )
    lake_s3_region: str = Field("us-east-1", description="the region of the bucket")
    lake_s3_key_id: str | None = Field(
        None, description="the id of an access key that may read and write the bucket"
    )
    lake_s3_secret: SecretStr = Field(SecretStr(""), description="that access key's secret")
    lake_s3_use_ssl: bool = Field(
        default=True, description="true or false: whether the endpoint speaks https"
    )
    lake_s3_url_style: Literal["vhost", "path"] = Field(
        "vhost", description="vhost or path: how the endpoint wants buckets named"
    )
    lake_keep_days: int = Field(7, ge=1, description="how many days the lake keeps earlier states")


class LakeSettings(LakeFilesSettings):
    """The settings of a lake whose catalog is in PostgreSQL."""

    lake_data_path: str = Field(description=_DATA_PATH)
    lake_host: str = Field(description="the PostgreSQL server that holds the lake's catalog")
    lake_port: int = Field(5432, description="that server's port")
    lake_database: str = Field(description="the database of the lake's catalog")
    lake_user: str = Field(description="a user that may create tables in that database")
    lake_password: SecretStr = Field(description="that user's password")


class Settings(LocalSettings):
    """All settings; tokens are secrets that no repr shows."""

    platform_address: HttpUrl = Field(description="the address of the API, as https://api.mews.com")
    client_token: SecretStr = Field(description="the client token of your Mews integration")
    access_tokens: Annotated[list[SecretStr], NoDecode] = Field(
        min_length=1,
        description="one access token per property or portfolio, separated by commas",
    )
    client: str = Field(
        f"mews_pipeline {version('mews-pipeline')}",
        min_length=1,
        description="the name and version of your integration, as Hotel data team 1.0",
    )
    enterprise_ids: Annotated[list[UUID], NoDecode] = Field(
        [],
        description="ids (UUIDs) of enterprises separated by commas, or nothing for all that the "
        "tokens open",
    )
    service_ids: Annotated[list[UUID], NoDecode] = Field(
        [], description="ids (UUIDs) of services separated by commas, or nothing for all"
    )
    page_size: int = Field(
        1000, ge=1, le=1000, description="the rows per request, a whole number from 1 to 1000"
    )
    rate_limit: int = Field(
        200,
        ge=1,
        description="the requests that Mews takes from an access token in 30 seconds, shared by "
        "all runs",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="the Redis of several machines, as redis://:password@host:6379/0; nothing for "
        "one machine",
    )
    refresh_overlap_minutes: int = Field(
        10,
        ge=0,
        le=1440,
        description="how far a refresh of today reaches back before the last one, in minutes from "
        "0 to 1440",
    )

    _split = field_validator("access_tokens", "enterprise_ids", "service_ids", mode="before")(
        comma_separated
    )
    _sent = field_validator("client")(header)
    _one_token = field_validator("client_token")(token)
    _each_token = field_validator("access_tokens")(tokens)
    _shared = field_validator("redis_url")(redis_address)

    @property
    def scope(self) -> dict[str, Any]:
        """The enterprises and services that requests are restricted to; none: no key."""
        given = {"enterprise_ids": self.enterprise_ids, "service_ids": self.service_ids}
        return {name: ids for name, ids in given.items() if ids}

    @property
    def enterprise_scope(self) -> dict[str, Any]:
        """The enterprises of `scope`, for operations that cannot be restricted to services."""
        return {"enterprise_ids": self.enterprise_ids} if self.enterprise_ids else {}

    def credentials(self) -> list[Credentials]:
        """Return the credentials of each access token, without duplicates."""
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
        """Return the limiter of an access token: of all machines, or of this one's processes."""
        if self.redis_url is None:
            return SharedLimiter(credentials.limit_name, requests=self.rate_limit)
        # Imported here because one machine needs no Redis
        from mews_pipeline.mews.redis_limiter import RedisLimiter  # noqa: PLC0415

        return RedisLimiter(
            self.redis_url.get_secret_value(), credentials.limit_name, requests=self.rate_limit
        )

    def of_groups(self, groups: Collection[int]) -> Self:
        """Return the settings with only the tokens of these groups, which may be none.

        A token's group follows from its short hash, so adding or removing others does not move it.
        """
        tokens = [
            t for t in self.access_tokens if int(token_key(t), 16) % self.token_groups in groups
        ]
        return self.model_copy(update={"access_tokens": tokens})
