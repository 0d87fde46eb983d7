"""Whom to ask and as whom; and what has been asked so far."""

import hashlib
from dataclasses import dataclass

import httpx
from pydantic import SecretStr


def token_key(token: SecretStr | str) -> str:
    """Give the name by which an access token may be known: 12 hex digits of its SHA-256."""
    return _short_hash(token.get_secret_value() if isinstance(token, SecretStr) else token)


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Credentials:
    """Whom to ask, and as whom. `platform_address` is without path, `client` name and version."""

    platform_address: str
    client_token: SecretStr
    access_token: SecretStr
    client: str

    @property
    def token_key(self) -> str:
        """The name by which the access token may be known."""
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
        """Both tokens, bare: to be put into a body, or blotted out of a text."""
        return self.client_token.get_secret_value(), self.access_token.get_secret_value()


@dataclass
class Statistics:
    """What a client has done so far.

    `requests` counts every one sent, `retries` those among them that repeat a failed one,
    `throttled` answers 429, `asked_for_less` answers 408 and 413; `bytes` are of bodies, unpacked.
    """

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    asked_for_less: int = 0
    pages: int = 0
    records: int = 0
    bytes: int = 0
