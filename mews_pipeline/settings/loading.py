"""Load settings from the environment and `.env`, and explain what cannot be used."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError

from mews_pipeline.environment import ENCODING, PREFIX, env_file, file_problems, network_problems
from mews_pipeline.errors import PipelineError
from mews_pipeline.settings.kinds import FromEnvironment, LocalSettings, Settings
from mews_pipeline.settings.values import LAKE, POSTGRES_LAKE, warehouse_address


class SettingsError(PipelineError):
    """Settings that are missing or malformed; the message names each and never shows a value."""


AnySettings = TypeVar("AnySettings", bound=FromEnvironment)


def load(kind: type[AnySettings], prefix: str = PREFIX, **given: Any) -> AnySettings:
    """Load settings of that kind from the environment and `.env`, from variables of that prefix.

    What is `given` takes precedence over the variables. Raises SettingsError, which lists every
    variable that is missing or malformed.
    """
    # .env is looked for in the working directory
    file = env_file()
    problems = file_problems(file)
    # Only these settings are those of requests
    if issubclass(kind, Settings):
        problems += network_problems()
    if not problems:
        try:
            loaded = kind(_env_file=file, _env_file_encoding=ENCODING, _env_prefix=prefix, **given)
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
        + "\n".join(f"  - {problem.replace(PREFIX, prefix)}" for problem in problems)
        + "\nSet them in the environment or in a file .env in this folder. To try the pipeline "
        "without Mews: mews-pipeline demo."
    )


def _path_problems(loaded: FromEnvironment) -> list[str]:
    """Find what DuckDB or dbt would misread in the paths of databases.

    dbt reads the warehouse's path as an address and names the database after the file; DuckDB ends
    the path at a question mark. This is no validation of the fields: definitions load with the
    default path even where the folder of the checkout has such a name.
    """
    if not isinstance(loaded, LocalSettings):
        return []
    return [
        *_warehouse_problems("MEWS_WAREHOUSE", loaded.warehouse),
        *_misread("MEWS_ANALYTICS", str(loaded.analytics), _of(loaded.analytics, "?")),
    ]


def lake_address(value: str, name: str) -> str:
    """Check the address of a lake that `name` gives, as MEWS_WAREHOUSE is checked.

    Raises SettingsError, which does not show the value.
    """
    try:
        address = warehouse_address(value)
    except ValueError as error:
        raise SettingsError(f"{name} cannot be used: {error}.") from None
    if not address.startswith(LAKE):
        raise SettingsError(f"{name} cannot be used: it names no lake, such as {POSTGRES_LAKE}.")
    problems = _warehouse_problems(name, address)
    if problems:
        raise SettingsError("\n".join(problems))
    return address


def _warehouse_problems(name: str, address: str) -> list[str]:
    if address.startswith(LAKE):
        return _misread(name, address, _of(address, "?"))
    path = Path(address)
    return _misread(name, address, [*_of(address, "#?"), *_of(path.name, "'\";\\")])


def _of(path: Path | str, letters: str) -> list[str]:
    return [letter for letter in letters if letter in str(path)]


def _misread(name: str, path: str, found: list[str]) -> list[str]:
    if not (found or not path.isprintable()):
        return []
    shown = " ".join(found) or "a control character"
    problem = f"{name} cannot be used, since its path has {shown}; name another file or folder"
    return [problem]


def load_or_default(kind: type[AnySettings], prefix: str = PREFIX, **given: Any) -> AnySettings:
    """Load settings, or the defaults where these cannot be used.

    For what must load in any case; the steps that need the settings raise the error.
    """
    try:
        return load(kind, prefix, **given)
    except SettingsError:
        # No variable has this prefix
        return kind(_env_file=None, _env_prefix="MEWS_NOTHING_", **given)


def tokens_are_given() -> bool:
    """Return whether any of the settings that name a Mews API is given."""
    named = {"platform_address", "client_token", "access_tokens"}
    return bool(load(_Named).model_fields_set & named)


class _Named(LocalSettings):
    platform_address: str = ""
    client_token: SecretStr = SecretStr("")
    access_tokens: SecretStr = SecretStr("")


def _problem(settings: type[FromEnvironment], name: str, kind: str, message: str) -> str:
    what = "is missing" if kind == "missing" else f"cannot be used ({message})"
    return f"MEWS_{name.upper()} {what}; it is {settings.model_fields[name].description}"
