"""The tokens of the sandbox: the examples of the vendor's docs, and some derived from a world.

No other server accepts them.
"""

import hashlib
from dataclasses import dataclass

from mews_pipeline.sandbox.hotels.world import World

# The example tokens of the vendor's docs. The access token is a portfolio token of all enterprises.
CLIENT_TOKEN = "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D"  # noqa: S105
PORTFOLIO_TOKEN = "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D"  # noqa: S105


@dataclass(frozen=True)
class Grant:
    """What an access token gives access to: a portfolio of enterprises, or a single one."""

    enterprise_ids: frozenset[str]
    is_portfolio: bool


def token_key(token: str) -> str:
    """Return the key that may stand for a token in logs: 12 hex digits of its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def access_tokens(world: World) -> dict[str, str]:
    """Return a single-property access token per enterprise id."""
    return {prop.id: _derived(prop.id) for prop in world.properties}


def portfolio_tokens(world: World, groups: int) -> list[str]:
    """Return portfolio access tokens, to which the enterprises are assigned in turn."""
    return [_derived(",".join(members)) for members in _groups(world, groups)]


def grants(world: World, groups: int = 0) -> dict[str, Grant]:
    """Return the grant of every access token; `groups` is that of portfolio_tokens."""
    ids = frozenset(prop.id for prop in world.properties)
    by_token = {PORTFOLIO_TOKEN: Grant(ids, is_portfolio=True)}
    for enterprise_id, token in access_tokens(world).items():
        by_token[token] = Grant(frozenset({enterprise_id}), is_portfolio=False)
    for members, token in zip(_groups(world, groups), portfolio_tokens(world, groups), strict=True):
        by_token[token] = Grant(frozenset(members), is_portfolio=True)
    return by_token


def _groups(world: World, groups: int) -> list[list[str]]:
    ids = [prop.id for prop in world.properties]
    return [["portfolio", *ids[first::groups]] for first in range(min(groups, len(ids)))]


def _derived(text: str) -> str:
    digits = hashlib.sha256(f"sandbox {text}".encode()).hexdigest().upper()
    return f"{digits[:32]}-{digits[32:63]}"
