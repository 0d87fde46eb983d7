"""Show that work goes on: a spinner in a terminal, a line every ten seconds elsewhere."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console

from mews_pipeline.texts import on_screen

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def progress(
    console: Console, what: str, seconds_between_lines: float = _SECONDS_BETWEEN_LINES
) -> Iterator[Callable[[str], None]]:
    """Show what is being done while the block runs; the function yielded names the next part."""
    if console.is_terminal:
        with console.status(on_screen(what)) as status:
            yield lambda part: status.update(on_screen(part))
        return
    part, began, is_over = [what], monotonic(), threading.Event()

    def print_lines() -> None:
        while not is_over.wait(seconds_between_lines):
            console.print(on_screen(f"{part[0]} ({monotonic() - began:.0f} s)"), soft_wrap=True)

    printing = threading.Thread(target=print_lines, daemon=True)
    printing.start()
    try:
        yield lambda text: part.__setitem__(0, text)
    finally:
        is_over.set()
        printing.join()
