"""`mews-pipeline fetch`: live look-ups in Mews, with a flag per filter."""

import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.console import Console

from mews_pipeline.cli import filters, output
from mews_pipeline.cli.demo_mode import enter_demo_mode
from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.cli.output import Format
from mews_pipeline.extract.entities import PRODUCT_SERVICE_ORDERS, RESERVATIONS, Entity
from mews_pipeline.extract.lookup import columns, look_up
from mews_pipeline.progress import progress
from mews_pipeline.settings import Settings, load
from mews_pipeline.texts import on_screen

_EPILOG = (
    "Lists: repeat a flag, or separate its values by commas. FROM..TO: UTC days, the last one "
    "included (2025-01-05 or 2025-01-05..2025-01-07), or instants, the last one not included "
    "(2025-01-05T14:00:00Z..2025-01-05T15:00:00Z); either end may be left out. Each record is "
    "given once, in its newest version, from all access tokens of the settings. The warehouse is "
    "not touched."
)
_PANEL = "Output"

app = typer.Typer(
    help="Look up reservations or product service orders in Mews, live.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

File = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        dir_okay=False,
        help="Write to this file: .parquet, .csv or .jsonl.",
        rich_help_panel=_PANEL,
    ),
]
As = Annotated[
    Format | None,
    typer.Option(
        "--format",
        help="By default the format of the file's ending, else a table; csv and jsonl are written "
        "to the standard output when no file is given.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="A,B,…",
        help="These columns, or all. By default a few in a table, and in a file all but "
        "those that lead to a person, except the number.",
        rich_help_panel=_PANEL,
    ),
]
PageSize = Annotated[
    int | None,
    typer.Option(
        min=1, max=1000, help="Rows per page, else MEWS_PAGE_SIZE.", rich_help_panel=_PANEL
    ),
]


Raw = Annotated[
    bool,
    typer.Option("--raw", help=output.RAW_HELP, rich_help_panel=_PANEL),
]


Everything = Annotated[
    bool,
    typer.Option("--all", help="Fetch all that the tokens open, where no filter is given."),
]


class _Target(NamedTuple):
    file: Path | None
    form: Format | None
    only: str | None
    is_raw: bool


def reservations(  # noqa: PLR0913, PLR0917 - Typer makes each a flag
    output: File = None, form: As = None, only: Columns = None, page_size: PageSize = None,
    raw: Raw = False, everything: Everything = False, **given: Any,
) -> None:  # fmt: skip
    """Look up reservations. All filters given must hold."""
    with exit_on_error():
        _fetch(
            RESERVATIONS, given, _Target(output, form, only, raw), page_size, everything=everything
        )


def product_service_orders(  # noqa: PLR0913, PLR0917 - as above
    output: File = None, form: As = None, only: Columns = None, page_size: PageSize = None,
    raw: Raw = False, everything: Everything = False, **given: Any,
) -> None:  # fmt: skip
    """Look up product service orders. All filters given must hold."""
    with exit_on_error():
        _fetch(
            PRODUCT_SERVICE_ORDERS,
            given,
            _Target(output, form, only, raw),
            page_size,
            everything=everything,
        )


def _confirm(entity: Entity) -> None:
    """Ask whether to fetch everything, where somebody can answer. Raises FilterError."""
    what = entity.table.replace("_", " ")
    if not sys.stdin.isatty():
        raise filters.FilterError(f"No filter is given: give one, or --all for all {what}.")
    typer.confirm(f"No filter is given. Fetch all {what} that the tokens open?", abort=True)


def _fetch(
    entity: Entity,
    given: dict[str, Any],
    target: _Target,
    page_size: int | None,
    *,
    everything: bool,
) -> None:
    wanted = filters.values(entity.operation.request, given)
    form = output.chosen_format(target.form, target.file)
    shown = output.chosen_columns(entity.table, form, target.only, columns(entity))
    if not (wanted or everything):
        _confirm(entity)
    waiting = Console(stderr=True)
    enter_demo_mode(waiting)
    settings = load(Settings)
    if page_size:
        settings = settings.model_copy(update={"page_size": page_size})
    with progress(waiting, "Asking Mews") as update:

        def report(pages: int, records: int) -> None:
            update(f"Asking Mews: {pages} pages, {records:,} records")

        found = look_up(settings, entity, wanted, report)
    screen = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)
    frame = found.select(shown)
    if form is Format.CSV and not target.is_raw:
        frame = output.harmless(frame)
    output.write(entity.table, frame, form, target.file, screen)
    where = f" in {target.file}" if target.file else ""
    waiting.print(on_screen(f"{found.height:,} {entity.table.replace('_', ' ')}{where}"))


for _command, _entity in (
    (reservations, RESERVATIONS),
    (product_service_orders, PRODUCT_SERVICE_ORDERS),
):
    app.command(epilog=_EPILOG)(filters.with_flags(_command, _entity.operation.request))
