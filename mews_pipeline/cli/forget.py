"""`mews-pipeline forget`: erase persons from all that this installation keeps."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.errors import PipelineError
from mews_pipeline.privacy.forget import Found, find, forget
from mews_pipeline.privacy.merges import Merged, follow_merges
from mews_pipeline.progress import progress
from mews_pipeline.settings import LocalSettings, Settings, load
from mews_pipeline.texts import on_screen
from mews_pipeline.warehouse.factory import warehouse_of

EPILOG = (
    "An id that no record has is remembered all the same: it never lands. Give also the ids of "
    "profiles that were merged into the one of the request: Mews names only the target of a merge, "
    "which --follow-merges follows. Exit status 3: all ids given are forgotten, but merges could "
    "not be followed."
)
_FROM_STDIN = "-"
_INCOMPLETE = 3
_OUT_OF_REACH = (
    "Backups of the warehouse, of PostgreSQL and of Dagster's folder.",
    "Deleted rows in the files of PostgreSQL, where it keeps a lake's catalog: run vacuum full.",
    "Compute logs and temporary folders of other machines.",
    "Copies and exports that people made, and Mews itself.",
)


class IdError(PipelineError):
    """An argument is no id; the message says which."""


def forget_persons(
    account_ids: Annotated[
        list[str],
        typer.Argument(
            metavar="ACCOUNT_ID…", help="Ids of accounts or bookers; - reads them from the input."
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be erased.")
    ] = False,
    merges: Annotated[
        bool,
        typer.Option("--follow-merges", help="Ask Mews which profiles these were merged into."),
    ] = False,
    runs: Annotated[
        bool, typer.Option("--runs", help="Delete the Dagster runs that name them.")
    ] = False,
) -> None:
    """Erase the personal fields of guests in all versions, and let none of them land again."""
    screen, waiting = Console(highlight=False, soft_wrap=True), Console(stderr=True)
    with exit_on_error(), progress(waiting, "Forgetting") as update:
        ids = _ids(account_ids)
        settings = load(Settings) if merges else load(LocalSettings)
        merged = Merged(frozenset(ids))
        if merges and isinstance(settings, Settings):
            update("Asking Mews about merged profiles")
            merged = follow_merges(settings, ids)
        act = find if dry_run else forget
        found = act(warehouse_of(settings.warehouse), settings, merged.ids, update)
        update("Searching Dagster's records")
        of_runs = list(_runs(merged.ids, deletes=runs and not dry_run))
    for line in [*_counts(found, merged, dry_run=dry_run), *of_runs, *_advice(merges=merges)]:
        screen.print(on_screen(line))
    if merged.refused:
        raise typer.Exit(_INCOMPLETE)


def _ids(arguments: Iterable[str]) -> frozenset[str]:
    """Return the ids as Mews writes them. Raises IdError."""
    arguments = list(arguments)
    if arguments == [_FROM_STDIN]:
        arguments = sys.stdin.read().split()
    ids = set()
    for number, text in enumerate(arguments, 1):
        try:
            ids.add(str(UUID(text)))
        except ValueError:
            raise IdError(
                f"Nothing was changed: number {number} of the ids is none: {text!r}. An id looks "
                "like fadd5bb6-b428-45d5-94f8-fd0d89fece6d."
            ) from None
    if not ids:
        raise IdError("Nothing was changed: no id is given.")
    return frozenset(ids)


def _counts(found: Found, merged: Merged, *, dry_run: bool) -> Iterable[str]:
    if merged.followed:
        yield f"Profiles that these were merged into: {merged.followed:,}, forgotten too."
    if merged.refused:
        yield f"Merges were not followed, only the given ids: {merged.refused}"
    if found.forgotten:
        yield f"Forgotten before: {found.forgotten:,} of {found.persons:,} persons."
    if found.is_unfinished:
        yield "An earlier forgetting had been stopped: " + (
            "it will be finished by the next one." if dry_run else "it is finished now."
        )
    verb = "Would be erased" if dry_run else "Erased"
    yield (
        f"{verb}: the personal fields of {found.versions:,} versions of {found.records:,} records, "
        f"of {found.persons:,} persons."
        if found.versions
        else "Nothing of these persons is in the warehouse."
    )
    if not dry_run:
        yield "They are remembered by salted hashes: what Mews sends of them lands without them."
    yield "The published copy, exports, report and targets have no personal columns."


def _runs(ids: frozenset[str], *, deletes: bool) -> Iterable[str]:
    home = Path(os.environ.get("DAGSTER_HOME") or ".dagster").absolute()
    if not home.is_dir():
        yield f"Dagster: no records were searched, there is no {home} (DAGSTER_HOME)."
        return
    # Imported only now: Dagster takes seconds
    from mews_pipeline.defs import run_records  # noqa: PLC0415

    found = run_records.find_runs(home, ids)
    if not found.run_ids:
        yield f"Dagster: no run in {home} names them."
    elif deletes:
        deleted, left = run_records.delete_runs(home, found.run_ids)
        yield f"Dagster: {deleted:,} runs that named them are deleted, with events and logs."
        if left:
            yield f"Dagster: {left:,} runs are not over: run this again when they are."
        found = run_records.find_runs(home, ids)
    else:
        yield "Dagster: these runs name them; --runs deletes them:"
        yield from (f"    {run_id}" for run_id in sorted(found.run_ids))
    for place in sorted(found.others):
        yield f"Dagster: other records name them too: {place} in {home}."


def _advice(*, merges: bool) -> Iterable[str]:
    if not merges:
        yield "Merged profiles were not asked for (--follow-merges)."
    yield "Give also the ids of profiles that were merged into these. Out of reach are:"
    yield from (f"    {place}" for place in _OUT_OF_REACH)
