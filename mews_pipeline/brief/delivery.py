"""Which briefs are due, and to send each to each recipient, once a morning."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import SecretStr

from mews_pipeline.brief.content import Morning
from mews_pipeline.brief.mail import html
from mews_pipeline.brief.text import text
from mews_pipeline.brief.words import zone
from mews_pipeline.notify import ChannelError, Message, addresses, send
from mews_pipeline.settings import BriefSettings


@dataclass(frozen=True)
class Delivery:
    """The brief of one time zone and morning for one recipient."""

    recipient: SecretStr
    # In MEWS_BRIEF_TO, from 1
    place: int
    time_zone: str
    morning: date

    @property
    def record(self) -> str:
        """What is recorded once the channel has accepted it; it holds no address."""
        return f"{addresses.short_hash(self.recipient)} {self.time_zone} {self.morning}"

    @property
    def channel(self) -> str:
        """What messages call the channel, whose address is a secret."""
        return f"number {self.place} of MEWS_BRIEF_TO ({addresses.kind(self.recipient)})"


def due(
    settings: BriefSettings, zones: Iterable[str], now: datetime, sent: Collection[str] = ()
) -> list[Delivery]:
    """List what is due at this instant and was not sent, by the records of what was."""
    local = {name: now.astimezone(zone(name)) for name in zones}
    found = [
        Delivery(recipient, place, name, at.date())
        for name, at in local.items()
        if at.time() >= settings.brief_at
        # An address that is given twice gets one message
        for place, recipient in enumerate(dict.fromkeys(settings.brief_to), start=1)
    ]
    return [each for each in found if each.record not in sent]


def deliver(
    deliveries: Iterable[Delivery],
    mornings: Sequence[Morning],
    record: Callable[[Delivery], None],
) -> list[str]:
    """Send each brief; return why channels did not accept theirs.

    `record` is called once a channel has accepted it and before the next is sent, so that a
    process that dies may repeat one and never loses one.
    """
    messages = {each.time_zone: message(each) for each in mornings}
    problems = []
    for delivery in deliveries:
        if delivery.time_zone not in messages:
            continue
        try:
            send(delivery.recipient, messages[delivery.time_zone], delivery.channel)
        except ChannelError as error:
            problems.append(f"{error}; {delivery.time_zone}, {delivery.morning}")
        else:
            record(delivery)
    return problems


def message(morning: Morning) -> Message:
    """Write a brief in all its forms."""
    return Message(morning.title, text(morning), html(morning))
