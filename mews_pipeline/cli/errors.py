"""How commands end on an error that the user can fix."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from mews_pipeline.settings import SettingsError


@contextmanager
def exit_on_error(*kinds: type[Exception]) -> Iterator[None]:
    """Turn wrong settings and errors of these kinds into their message and exit code 1."""
    expected: tuple[type[Exception], ...] = (SettingsError, *kinds)
    try:
        yield
    except expected as error:
        console = Console(stderr=True, style="red", markup=False, highlight=False)
        console.print(str(error), soft_wrap=True)
        raise typer.Exit(1) from None
