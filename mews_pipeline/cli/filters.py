"""The flags of `mews-pipeline fetch`, made from the fields of a request model.

A flag per field cannot be written by hand without repeating the models, so `with_flags` writes the
signature that Typer reads: a new filter of a request is a flag at once.
"""

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from mews_pipeline.errors import PipelineError
from mews_pipeline.mews import Interval
from mews_pipeline.mews.requests import ServiceOrderState, describe

_ONE_DAY, _ONE_SECOND = timedelta(days=1), timedelta(seconds=1)


class FilterError(PipelineError):
    """The value of a flag cannot be read; the message names the flag and what it takes."""


def with_flags(command: Callable[..., None], request: type[BaseModel]) -> Callable[..., None]:
    """Replace a command's `**given` by a flag for each filter of the request model."""
    own = [
        parameter
        for parameter in inspect.signature(command).parameters.values()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    parameters = [*(_option(name, field) for name, field in _fields(request).items()), *own]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def values(request: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """Read the filters that were given as the request model takes them. Raises FilterError."""
    return {
        name: _read(name, field, given[name])
        for name, field in _fields(request).items()
        if given[name] is not None
    }


def interval(text: str) -> Interval:
    """Read `FROM..TO`, `FROM..`, `..TO`, one day or one instant. Raises ValueError.

    A date is a whole UTC day, also as TO; an instant needs its offset from UTC, and a single
    instant is its second.
    """
    first, dots, last = (part.strip() for part in text.partition(".."))
    start = end = None
    if first:
        start, length = _instant(first)
        end = None if dots else start + (length or _ONE_SECOND)
    if last:
        begin, length = _instant(last)
        end = begin + length
        if start and begin < start:
            raise ValueError(f"it ends ({last}) before it starts ({first})")
    return Interval(start, end)


def instant(flag: str, text: str) -> datetime:
    """Read one instant, or the first instant of a UTC day. Raises FilterError."""
    try:
        return _instant(text)[0]
    except ValueError as error:
        raise FilterError(f"{flag} {text}: {error}.") from None


def _instant(text: str) -> tuple[datetime, timedelta]:
    """Read an instant and its length: a day for a date, else nothing."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC), _ONE_DAY
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is neither a date nor an instant") from None
    if instant.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC, as 2025-01-05T14:00:00Z")
    return instant, timedelta(0)


def _fields(request: type[BaseModel]) -> dict[str, FieldInfo]:
    return {name: f for name, f in request.model_fields.items() if name != "limitation"}


def _is_interval(field: FieldInfo) -> bool:
    return field.annotation == Interval | None


def _read(name: str, field: FieldInfo, given: Any) -> Any:
    if _is_interval(field):
        try:
            return interval(given)
        except ValidationError as error:
            what = describe(error)
        except ValueError as error:
            what = str(error)
        raise FilterError(f"{_flag(name, field)} {given}: {what}. It takes FROM..TO, in UTC.")
    items = dict.fromkeys(part.strip() for value in given for part in value.split(","))
    texts = [item for item in items if item]
    if name == "states":
        states = {state.lower(): state.value for state in ServiceOrderState}
        return [states.get(text.lower(), text) for text in texts]
    return texts


def _flag(name: str, field: FieldInfo) -> str:
    words = name.removesuffix("_utc") if _is_interval(field) else name
    return "--" + words.replace("_", "-")


def _option(name: str, field: FieldInfo) -> inspect.Parameter:
    """Make the flag of a filter: `--updated FROM..TO`, `--service-ids` (also `--service-id`)."""
    flag = _flag(name, field)
    kind: Any
    if _is_interval(field):
        kind, flags, metavar = str | None, [flag], "FROM..TO"
    else:
        kind, flags = list[str] | None, [flag, flag.removesuffix("s")]
        metavar = "ID" if name.endswith("_ids") else "STATE" if name == "states" else "TEXT"
    option = typer.Option(
        *flags, metavar=metavar, help=field.description, rich_help_panel="Filters"
    )
    return inspect.Parameter(
        name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=None,
        annotation=Annotated[kind, option],
    )
