"""`mews-pipeline brief`: the morning brief in the terminal, or sent at once."""

import sys
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from mews_pipeline.brief.content import BriefError, Limits, mornings
from mews_pipeline.brief.delivery import Delivery, deliver, message
from mews_pipeline.brief.earlier import of_date
from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.settings import BriefSettings, load
from mews_pipeline.texts import on_screen


def brief(
    on: Annotated[
        datetime | None,
        typer.Option(
            "--date",
            formats=["%Y-%m-%d"],
            help="Of this date; an earlier one as its books were at MEWS_BRIEF_AT, as known now.",
            show_default=False,
        ),
    ] = None,
    is_sent: Annotated[
        bool, typer.Option("--send", help="Send it to MEWS_BRIEF_TO now, sent before or not.")
    ] = False,
) -> None:
    """Print the morning brief of each time zone, as it is sent to MEWS_BRIEF_TO."""
    with exit_on_error():
        settings = load(BriefSettings)
        if is_sent and not settings.brief_to:
            raise BriefError("MEWS_BRIEF_TO is not set: there is nobody to send the brief to.")
        limits = Limits.of(settings)
        found = mornings(settings.analytics, limits)
        if on:
            found = of_date(found, settings.analytics, limits, on.date(), settings.brief_at)
        screen = Console(file=sys.stdout)
        if not is_sent:
            for morning in found:
                written = message(morning)
                screen.print(on_screen(f"{written.title}\n{written.text}\n"), soft_wrap=True)
            return
        asked = [
            Delivery(recipient, place, morning.time_zone, morning.today)
            for morning in found
            for place, recipient in enumerate(dict.fromkeys(settings.brief_to), start=1)
        ]
        problems = deliver(
            asked,
            found,
            lambda each: screen.print(
                on_screen(f"Sent to {each.channel}: {each.time_zone}, {each.morning}")
            ),
        )
        if problems:
            raise BriefError("\n".join(f"Not sent: {problem}." for problem in problems))
