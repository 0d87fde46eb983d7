"""How commands end on an error that the user can fix."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from mews_pipeline.errors import PipelineError


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn an error of the pipeline or of a file into its message and exit code 1."""
    try:
        yield
    except (PipelineError, OSError) as error:
        console = Console(stderr=True, style="red", markup=False, highlight=False)
        console.print(str(error), soft_wrap=True)
        raise typer.Exit(1) from None
