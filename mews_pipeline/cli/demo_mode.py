"""Demo mode at the command line: enter it where it applies, and say so in one line."""

from rich.console import Console

from mews_pipeline import demo_mode
from mews_pipeline.progress import progress
from mews_pipeline.texts import on_screen


def enter_demo_mode(screen: Console) -> None:
    """Point the settings at the sandbox where no token is set. Raises SettingsError."""
    if demo_mode.is_on():
        with progress(screen, "Starting the sandbox"):
            line = demo_mode.enter()
        screen.print(on_screen(line), soft_wrap=True)
