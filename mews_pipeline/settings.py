"""Read and validate every environment variable of the pipeline, from the process and `.env`.

Load settings inside a step, never at import: a missing token fails only the step that needs it.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import Field, HttpUrl, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mews_pipeline.environment import ENCODING, env_file, file_problems, network_problems
from mews_pipeline.errors import PipelineError
from mews_pipeline.mews import Credentials, Limiter, SharedLimiter
from mews_pipeline.mews.credentials import token_key

LAKE, POSTGRES_LAKE = "ducklake:", "ducklake:postgres:"
_DATA_PATH = "where the lake's Parquet files are, as s3://bucket/folder/ or a folder"


class SettingsError(PipelineError):
    """Settings that are missing or malformed; the message names each and never shows a value."""


def _comma_separated(value: Any) -> Any:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _header(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("write it on one line, in letters without accents: it is an HTTP header")
    return value


def _token(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("a token has no spaces, line breaks or accents, and commas between tokens")
    return value


def _tokens(values: list[SecretStr]) -> list[SecretStr]:
    return [_token(value) for value in values]


def _web_address(value: SecretStr | None) -> SecretStr | None:
    if value and not value.get_secret_value().lower().startswith(("https://", "http://")):
        raise ValueError("it starts with https://")
    return value


def _redis_address(value: SecretStr | None) -> SecretStr | None:
    if value and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it starts with redis://")
    return value


def warehouse_address(value: str) -> str:
    """Check what MEWS_WAREHOUSE names and make its path absolute.

    Raises ValueError, which shows no value.
    """
    kind = LAKE if value.startswith(LAKE) else ""
    where = value.removeprefix(LAKE)
    if value == POSTGRES_LAKE:
        return value
    if "://" in where or (kind and (":" in where or not where)):
        raise ValueError("give PostgreSQL's address in MEWS_LAKE_HOST, not here")
    return kind + str(_absolute(Path(where)))


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _beside(warehouse: str) -> Path:
    where = "data/lake" if warehouse == POSTGRES_LAKE else warehouse.removeprefix(LAKE)
    return Path(where).with_name("analytics.duckdb")


class _FromEnvironment(BaseSettings):
    """Settings from environment variables, named as the fields in upper case after `MEWS_`."""

    model_config = SettingsConfigDict(
        env_prefix="MEWS_",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )


class LocalSettings(_FromEnvironment):
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
        default_factory=lambda found: _beside(found["warehouse"]),
        validate_default=True,
        description="the path of the DuckDB file that analysts open, another one than "
        "MEWS_WAREHOUSE; report.html and export/ are beside it",
    )
    state: Path = Field(
        default_factory=lambda found: _beside(found["warehouse"]).parent,
        validate_default=True,
        description="the folder of dbt's manifest, target and logs, the warehouse's own by default",
    )
    published_group: str | None = Field(
        None,
        description="a group of this machine that alone may read the published files, which then "
        "need a folder of their own (MEWS_ANALYTICS); nothing for all users",
    )
    alert_webhook: SecretStr | None = Field(
        None,
        description="the address of a Slack-compatible webhook that gets an alert when runs fail, "
        "or nothing for no alerts",
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

    _posted = field_validator("alert_webhook")(_web_address)
    _named = field_validator("warehouse")(warehouse_address)
    _placed = field_validator("state")(_absolute)

    @field_validator("analytics")
    @classmethod
    def _another_file(cls, value: Path, found: ValidationInfo) -> Path:
        value = _absolute(value)
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

    @property
    def report(self) -> Path:
        """The path of the HTML report."""
        return self.analytics.with_name("report.html")

    @property
    def exports(self) -> Path:
        """The folder of the Parquet exports."""
        return self.analytics.with_name("export")


class UiSettings(_FromEnvironment):
    """What the webserver needs, so that other settings that are malformed do not stop it."""

    dagster_url: HttpUrl | None = Field(
        None, description=LocalSettings.model_fields["dagster_url"].description
    )


class LakeFilesSettings(_FromEnvironment):
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
        _comma_separated
    )
    _sent = field_validator("client")(_header)
    _one_token = field_validator("client_token")(_token)
    _each_token = field_validator("access_tokens")(_tokens)
    _shared = field_validator("redis_url")(_redis_address)

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


AnySettings = TypeVar("AnySettings", bound=_FromEnvironment)


def load(kind: type[AnySettings]) -> AnySettings:
    """Load settings of that kind from the environment and `.env`.

    Raises SettingsError, which lists every variable that is missing or malformed.
    """
    # .env is looked for in the working directory
    file = env_file()
    problems = file_problems(file)
    # Only these settings are those of requests
    if issubclass(kind, Settings):
        problems += network_problems()
    if not problems:
        try:
            loaded = kind(_env_file=file, _env_file_encoding=ENCODING)
            problems = _path_problems(loaded)
            if not problems:
                return loaded
        except ValidationError as error:
            problems = [
                _problem(kind, str(e["loc"][0]), e["type"], e["msg"])
                for e in error.errors(include_input=False)
                # A default that follows from a setting which is wrong itself
                if e["type"] != "default_factory_not_called"
            ]
    raise SettingsError(
        "The settings cannot be used:\n"
        + "\n".join(f"  - {problem}" for problem in problems)
        + "\nSet them in the environment or in a file .env in this folder. To try the pipeline "
        "without Mews: mews-pipeline demo."
    )


def _path_problems(loaded: _FromEnvironment) -> list[str]:
    """Find what DuckDB or dbt would misread in the paths of databases.

    dbt reads the warehouse's path as an address and names the database after the file; DuckDB ends
    the path at a question mark. This is no validation of the fields: definitions load with the
    default path even where the folder of the checkout has such a name.
    """
    if not isinstance(loaded, LocalSettings):
        return []
    problems = []
    if not loaded.warehouse.startswith(LAKE):
        path = Path(loaded.warehouse)
        found = [*_of(str(path), "#?"), *_of(path.name, "'\";\\")]
        problems += _misread("MEWS_WAREHOUSE", str(path), found)
    return problems + _misread("MEWS_ANALYTICS", str(loaded.analytics), _of(loaded.analytics, "?"))


def _of(path: Path | str, letters: str) -> list[str]:
    return [letter for letter in letters if letter in str(path)]


def _misread(name: str, path: str, found: list[str]) -> list[str]:
    if not (found or not path.isprintable()):
        return []
    shown = " ".join(found) or "a control character"
    problem = f"{name} cannot be used, since its path has {shown}; name another file or folder"
    return [problem]


def load_or_default(kind: type[AnySettings]) -> AnySettings:
    """Load settings, or the defaults where these cannot be used.

    For what must load in any case; the steps that need the settings raise the error.
    """
    try:
        return load(kind)
    except SettingsError:
        # No variable has this prefix
        return kind(_env_file=None, _env_prefix="MEWS_NOTHING_")


def tokens_are_given() -> bool:
    """Return whether any of the settings that name a Mews API is given."""
    named = {"platform_address", "client_token", "access_tokens"}
    return bool(load(_Named).model_fields_set & named)


class _Named(LocalSettings):
    platform_address: str = ""
    client_token: SecretStr = SecretStr("")
    access_tokens: SecretStr = SecretStr("")


def _problem(settings: type[_FromEnvironment], name: str, kind: str, message: str) -> str:
    what = "is missing" if kind == "missing" else f"cannot be used ({message})"
    return f"MEWS_{name.upper()} {what}; it is {settings.model_fields[name].description}"
