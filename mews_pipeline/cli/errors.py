"""How commands end on an error that the user can fix."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from mews_pipeline.errors import PipelineError
from mews_pipeline.texts import on_screen


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn an error of the pipeline or of a file into its message and exit code 1."""
    try:
        yield
    except (PipelineError, OSError) as error:
        console = Console(stderr=True)
        console.print(on_screen(error, "red"), soft_wrap=True)
        raise typer.Exit(1) from None
