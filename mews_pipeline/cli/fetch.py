"""`mews-pipeline fetch`: live look-ups from the command line, with a flag per filter."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from rich.console import Console

from mews_pipeline.cli import output
from mews_pipeline.cli.output import Format, OutputError
from mews_pipeline.extract import entities
from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.flatten import FlattenError
from mews_pipeline.extract.lookup import columns, look_up
from mews_pipeline.mews import Interval, MewsError
from mews_pipeline.mews.requests import ServiceOrderState, describe
from mews_pipeline.settings import Settings, SettingsError, load

_EPILOG = (
    "Lists: repeat a flag, or put commas between its values. FROM..TO: UTC days, the last one "
    "included (2025-01-05 or 2025-01-05..2025-01-07), or instants, the last one not included "
    "(2025-01-05T14:00:00Z..2025-01-05T15:00:00Z); either end may be left out. Each record comes "
    "once, in its newest version, from all access tokens of the settings. The warehouse is not "
    "touched."
)
_ONE_DAY, _ONE_SECOND = timedelta(days=1), timedelta(seconds=1)

app = typer.Typer(
    help="Look up reservations or product service orders in Mews, live.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


class FilterError(ValueError):
    """The value of a flag cannot be read; the message names the flag and what it takes."""


def interval(text: str) -> Interval:
    """Read `FROM..TO`, `FROM..`, `..TO`, one day or one instant. Raises ValueError.

    A date is a whole UTC day, as TO too; an instant needs its offset from UTC, and one alone is
    its second.
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


def _instant(text: str) -> tuple[datetime, timedelta]:
    """An instant, and how long it lasts: a date for a day."""
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
    """The flag of a filter: `--updated FROM..TO`, `--service-ids` (also `--service-id`)."""
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
    return _parameter(name, Annotated[kind, option])


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


_PANEL = "Output"
_OUTPUT = [
    _parameter(
        "output",
        Annotated[
            Path | None,
            typer.Option(
                metavar="FILE",
                dir_okay=False,
                help="Write to this file: .parquet, .csv or .jsonl.",
                rich_help_panel=_PANEL,
            ),
        ],
    ),
    _parameter(
        "form",
        Annotated[
            Format | None,
            typer.Option(
                "--format",
                help="By default what the file's ending says, else a table; csv and jsonl go to "
                "the standard output where there is no file.",
                show_default=False,
                rich_help_panel=_PANEL,
            ),
        ],
    ),
    _parameter(
        "only",
        Annotated[
            str | None,
            typer.Option(
                "--columns",
                metavar="A,B,…",
                help="These columns, or all. By default a few in a table, and in a file all but "
                "those that lead to a person.",
                rich_help_panel=_PANEL,
            ),
        ],
    ),
    _parameter(
        "page_size",
        Annotated[
            int | None,
            typer.Option(
                min=1, max=1000, help="Rows in a page, else MEWS_PAGE_SIZE.", rich_help_panel=_PANEL
            ),
        ],
    ),
]


def _command(entity: Entity) -> Callable[..., None]:
    """The command that looks up one kind of record, its flags those of the request model."""
    fields = {
        name: field
        for name, field in entity.operation.request.model_fields.items()
        if name != "limitation"
    }

    def command(**given: Any) -> None:
        with _told():
            filters = {
                name: _read(name, field, given[name])
                for name, field in fields.items()
                if given[name] is not None
            }
            _fetch(entity, filters, given)

    parameters = [*(_option(name, field) for name, field in fields.items()), *_OUTPUT]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = f"Look up {entity.table.replace('_', ' ')}. Filters given must all hold."
    return command


def _fetch(entity: Entity, filters: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    file: Path | None = given["output"]
    form = output.chosen_format(given["form"], file)
    shown = output.chosen_columns(entity.table, form, given["only"], columns(entity))
    settings = load(Settings)
    if given["page_size"]:
        settings = settings.model_copy(update={"page_size": given["page_size"]})
    aside = Console(stderr=True)
    with aside.status("Asking Mews") as status:

        def tell(pages: int, records: int) -> None:
            status.update(f"Asking Mews: {pages} pages, {records:,} records")

        found = look_up(settings, entity, filters, tell)
    screen = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)
    output.give(entity.table, found.select(shown), form, file, screen)
    where = f" in {file}" if file else ""
    aside.print(f"{found.height:,} {entity.table.replace('_', ' ')}{where}", highlight=False)


@contextmanager
def _told() -> Iterator[None]:
    """End with the message of an error that the user can mend, not with a traceback."""
    try:
        yield
    except (FilterError, FlattenError, MewsError, OSError, OutputError, SettingsError) as error:
        aside = Console(stderr=True, style="red", markup=False, highlight=False)
        aside.print(str(error), soft_wrap=True)
        raise typer.Exit(1) from None


app.command("reservations", epilog=_EPILOG)(_command(entities.RESERVATIONS))
app.command("product-service-orders", epilog=_EPILOG)(_command(entities.PRODUCT_SERVICE_ORDERS))
