"""A wait shows that work goes on, also where the output is no terminal."""

import io
import threading

from rich.console import Console

from mews_pipeline.progress import progress


class Watched(io.StringIO):
    """A file that tells when the second line has been written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.has_two = threading.Event()

    def write(self, text: str) -> int:
        """Write the text and count the lines."""
        written = super().write(text)
        if self.getvalue().count("\n") > 1:
            self.has_two.set()
        return written


def test_outside_a_terminal_a_line_comes_every_so_often() -> None:
    file = Watched()
    with progress(Console(file=file), "Fetching", 0.01) as update:
        update("Building [red]models[/red]")
        assert file.has_two.wait(60)
    assert "Building [red]models[/red] (" in file.getvalue()


def test_a_short_wait_prints_nothing() -> None:
    file = io.StringIO()
    with progress(Console(file=file), "Fetching"):
        pass
    assert file.getvalue() == ""
