"""The settings of the targets that the published copy is brought to, and their credentials."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from mews_pipeline.settings.kinds import FromEnvironment
from mews_pipeline.settings.values import LAKE, POSTGRES_LAKE, absolute, comma_separated

POSTGRES, S3, MOTHERDUCK = "postgres:", "s3://", "md:"
_FORMS = (
    "each target is postgres:, md:database, s3://bucket/folder/, ducklake:postgres:, ducklake: "
    "with the path of a file, or the path of a folder, with a slash; credentials do not belong here"
)
_DATABASE = re.compile(r"md:\w+")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]*(/[\w.=-]+)*/?")
# What a target cannot do without; the other settings have a default
_NEEDED = {
    POSTGRES: ("publish_postgres_host", "publish_postgres_database", "publish_postgres_user"),
    MOTHERDUCK: ("publish_motherduck_token",),
    S3: ("publish_s3_key_id", "publish_s3_secret"),
    POSTGRES_LAKE: (
        "publish_postgres_host",
        "publish_postgres_database",
        "publish_postgres_user",
        "publish_lake_data_path",
    ),
}


class PublishSettings(FromEnvironment):
    """Where the published copy is brought to; nothing else of the pipeline needs these settings."""

    publish_schema: str = Field(
        "marts",
        pattern=r"^[a-z_][a-z0-9_]*$",
        description="the schema of the published tables in a target that is a database",
    )
    publish_postgres_host: str | None = Field(
        None, description="the PostgreSQL server of the targets postgres: and ducklake:postgres:"
    )
    publish_postgres_port: int = Field(5432, description="the port of that server")
    publish_postgres_database: str | None = Field(
        None, description="the database of that server to publish to"
    )
    publish_postgres_user: str | None = Field(
        None, description="a user that may create a schema in that database"
    )
    publish_postgres_password: SecretStr = Field(
        SecretStr(""), description="the password of that user"
    )
    publish_lake_data_path: str | None = Field(
        None,
        description="where the Parquet files of a published lake are, as s3://bucket/folder/ or a "
        "folder; needed for ducklake:postgres:",
    )
    publish_s3_endpoint: str | None = Field(
        None,
        description="host and port of the S3-compatible server to publish to, without http://; "
        "nothing for AWS",
    )
    publish_s3_region: str = Field("us-east-1", description="the region of the published bucket")
    publish_s3_key_id: str | None = Field(
        None, description="the id of an access key that may read and write the published bucket"
    )
    publish_s3_secret: SecretStr = Field(SecretStr(""), description="the secret of that access key")
    publish_s3_use_ssl: bool = Field(
        default=True, description="true or false: whether that endpoint speaks https"
    )
    publish_s3_url_style: Literal["vhost", "path"] = Field(
        "vhost", description="vhost or path: how that endpoint wants buckets named"
    )
    publish_motherduck_token: SecretStr = Field(
        SecretStr(""), description="the access token of MotherDuck, for md:"
    )
    # Last, because it is checked with those above
    publish: Annotated[list[str], NoDecode] = Field(
        [],
        description="where the published tables are brought to besides, separated by commas "
        "(docs/publishing.md): postgres:, s3://bucket/folder/, the path of a folder, md:database, "
        "ducklake:; nothing for nowhere",
    )

    _divided = field_validator("publish", mode="before")(comma_separated)

    @field_validator("publish")
    @classmethod
    def _have_what_they_need(cls, values: list[str], found: ValidationInfo) -> list[str]:
        targets = list(dict.fromkeys(_target(value) for value in values))
        missing = {
            f"MEWS_{name.upper()}" for target in targets for name in _lacks(target, found.data)
        }
        if missing:
            raise ValueError(f"its targets need {', '.join(sorted(missing))} too")
        return targets

    def without_secrets(self, text: str) -> str:
        """Blot every secret of these settings out of a text."""
        for _, value in self:
            if isinstance(value, SecretStr) and (secret := value.get_secret_value()):
                text = text.replace(secret, "***")
        return text


def _target(value: str) -> str:
    """Check one target and make its path absolute. Raises ValueError, which shows no value."""
    if value in (POSTGRES, POSTGRES_LAKE) or _DATABASE.fullmatch(value):
        return value
    if _BUCKET.fullmatch(value):
        return value.rstrip("/") + "/"
    kind = LAKE if value.startswith(LAKE) else ""
    path = value.removeprefix(LAKE)
    is_misread = any(letter in path for letter in ":?'\"*[]{}@=") or not path.isprintable()
    if is_misread or "/" not in path:
        raise ValueError(_FORMS)
    return kind + str(absolute(Path(path)))


def _lacks(target: str, known: dict[str, object]) -> Iterator[str]:
    """Yield the settings that a target needs and that are not given."""
    kind = next((kind for kind in _NEEDED if target.startswith(kind)), None)
    needed = _NEEDED[kind] if kind else ()
    lake_path = str(known.get("publish_lake_data_path") or "")
    if target.startswith(LAKE) and lake_path.startswith(S3):
        needed = (*needed, *_NEEDED[S3])
    for name in needed:
        value = known.get(name, "wrong")
        if not (value.get_secret_value() if isinstance(value, SecretStr) else value):
            yield name
