"""Send a message to one channel, in a form that the channel shows as it reads."""

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import stamina
from pydantic import SecretStr

from mews_pipeline.environment import network_problems
from mews_pipeline.errors import PipelineError
from mews_pipeline.notify.addresses import is_webhook, service
from mews_pipeline.texts import for_alert, for_channel

if TYPE_CHECKING:
    from apprise import AppriseResult, NotifyBase

TIMEOUT_SECONDS = 8.0
# In total, waits included: Dagster stops a sensor after a minute
_PATIENCE_SECONDS = 40.0
_STATUS = re.compile(r"error=(\d{3})\b")
# What only mail takes in one piece
_LONG = 32_768


class ChannelError(PipelineError):
    """The channel did not accept a message. Never names its address, which is a secret."""


@dataclass(frozen=True)
class Message:
    """A message as plain text and, for mail, as HTML, whose texts are escaped already."""

    title: str
    text: str
    html: str = ""


def send(address: SecretStr, message: Message, name: str) -> None:
    """Send a message, in up to four attempts within 40 s. Raises ChannelError.

    `name` is what errors call the channel.
    """
    # httpx raises errors of many kinds for these variables
    if problems := network_problems():
        raise ChannelError(f"{name} cannot be reached: {'; '.join(problems)}")
    _send(address, message, name)


@stamina.retry(on=ChannelError, attempts=4, timeout=_PATIENCE_SECONDS)
def _send(address: SecretStr, message: Message, name: str) -> None:
    problem = _post(address, message) if is_webhook(address) else _notify(address, message)
    if problem:
        raise ChannelError(f"{name} {problem}")


def _post(address: SecretStr, message: Message) -> str:
    text = for_alert("\n".join(part for part in (message.title, message.text) if part))
    try:
        response = httpx.post(
            address.get_secret_value(), json={"text": text}, timeout=TIMEOUT_SECONDS
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"did not answer ({type(error).__name__})"
    return "" if response.is_success else f"answered with status {response.status_code}"


def _notify(address: SecretStr, message: Message) -> str:
    channel = service(address)
    if channel is None:
        return "is neither a webhook nor a URL of apprise"
    # Imported here because it is an extra, which this address needs
    from apprise import Apprise, NotifyFormat, OverflowMode  # noqa: PLC0415

    body, form = for_channel(message.text), NotifyFormat.TEXT
    if message.html and is_mail(channel):
        body, form = message.html, NotifyFormat.HTML
    elif channel.overflow_mode == OverflowMode.UPSTREAM:
        # Some chats refuse what is too long for them
        channel.overflow_mode = OverflowMode.SPLIT
    only = Apprise()
    only.add(channel)
    result = only.notify(
        body=body,
        title=for_channel(message.title),
        body_format=form,
        log_level=logging.WARNING,
    )
    return "" if result else _problem(result)


def is_mail(channel: "NotifyBase") -> bool:
    """Return whether the channel shows tables: its first format is HTML, and it takes a page."""
    formats = channel.notify_format
    first = formats[0] if isinstance(formats, tuple) else formats
    return first == "html" and channel.body_maxlen >= _LONG


def _problem(result: "AppriseResult") -> str:
    """Return the status of a response, and nothing else of apprise's words: they may be secret."""
    texts = [str(entry.message) for found in result for entry in found.logs()]
    statuses = [found[1] for text in texts if (found := _STATUS.search(text))]
    return f"answered with status {statuses[-1]}" if statuses else "did not accept the message"
