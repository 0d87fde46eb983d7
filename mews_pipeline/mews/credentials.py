"""The credentials of a client, and its statistics."""

import hashlib
import string
from collections.abc import Iterable
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

# A part of a token this long is no coincidence, and one that is shorter opens nothing
_PART = 8
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def without_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return the text with *** in place of each secret, of any part of it and in any case."""
    lower, hidden = text.translate(_LOWER), [False] * len(text)
    for secret in secrets:
        known, length = secret.translate(_LOWER), min(_PART, len(secret))
        for start in range(len(text) - length + 1 if length else 0):
            if lower[start : start + length] in known:
                hidden[start : start + length] = [True] * length
    shown = [
        ("***" if not (place and hidden[place - 1]) else "") if hidden[place] else letter
        for place, letter in enumerate(text)
    ]
    return "".join(shown)


def token_key(token: SecretStr | str) -> str:
    """Return the public name of an access token: 12 hex digits of its SHA-256."""
    return _short_hash(token.get_secret_value() if isinstance(token, SecretStr) else token)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Credentials:
    """The address and tokens of a client. `platform_address` has no path; `client` is a name."""

    platform_address: str
    client_token: SecretStr
    access_token: SecretStr
    client: str

    @property
    def token_key(self) -> str:
        """The public name of the access token."""
        return token_key(self.access_token)

    @property
    def limit_name(self) -> str:
        """The name of what Mews limits: this access token, at this address."""
        return f"{self.token_key}-{_short_hash(self.platform_address.rstrip('/'))}"

    @property
    def host(self) -> str:
        """The scheme, host and port of the address: no user, password or path."""
        address = httpx.URL(self.platform_address)
        return f"{address.scheme}://{address.netloc.decode()}"

    @property
    def secrets(self) -> tuple[str, str]:
        """Both tokens in clear: to put into a body, or to blot out of a text."""
        return self.client_token.get_secret_value(), self.access_token.get_secret_value()


@dataclass
class Statistics:
    """The counts of a client so far.

    `requests` counts all sent, `retries` those that repeat a failed one, `throttled` responses 429,
    `asked_for_less` responses 408 and 413; `bytes` are of unpacked bodies.
    """

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    asked_for_less: int = 0
    pages: int = 0
    records: int = 0
    bytes: int = 0
