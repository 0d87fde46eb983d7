"""Read the addresses of channels: a Slack-compatible webhook, or a URL of apprise."""

import logging
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from apprise import NotifyBase

_WEB = ("https://", "http://")
# A comma inside of a URL, as in mailto://…?to=one,another, does not end it
_BETWEEN = re.compile(r"\s*,\s*(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_NO_EXTRA = "this address needs the extra notify: pip install 'mews-pipeline[notify]'"


class MissingExtraError(ValueError):
    """The package apprise is not installed; the message says how to install it."""


def is_webhook(address: SecretStr) -> bool:
    """Return whether the address is that of a web server, which takes Slack's JSON."""
    return address.get_secret_value().lower().startswith(_WEB)


def service(address: SecretStr) -> "NotifyBase | None":
    """Return apprise's service at this address, or None for an address that is none.

    Raises MissingExtraError.
    """
    # Imported here because most installations send nothing, and webhooks need no apprise
    try:
        from apprise import Apprise  # noqa: PLC0415
    except ImportError:
        raise MissingExtraError(_NO_EXTRA) from None
    # Its warnings quote addresses
    logging.getLogger("apprise").propagate = False
    return Apprise.instantiate(address.get_secret_value())


def channel(value: SecretStr | None) -> SecretStr | None:
    """Check one address. Raises ValueError, which does not show it."""
    if value is None or is_webhook(value):
        return value
    if service(value) is None:
        raise ValueError("an address is neither a webhook (https://) nor a URL of apprise")
    return value


def channels(values: list[SecretStr]) -> list[SecretStr]:
    """Check each address. Raises ValueError, which shows none."""
    for value in values:
        channel(value)
    return values


def split(value: object) -> object:
    """Split a text at the commas before addresses; anything else stays as it is."""
    if isinstance(value, str):
        return [part for part in _BETWEEN.split(value.strip().strip(",").strip()) if part]
    return value


def kind(address: SecretStr) -> str:
    """Return the scheme of an address, which is no secret."""
    return address.get_secret_value().partition(":")[0].lower()


def short_hash(address: SecretStr) -> str:
    """Return the public name of an address: 12 hex digits of its SHA-256."""
    return sha256(address.get_secret_value().encode()).hexdigest()[:12]
