"""Who may ask for what: the seeds' tokens, and further ones derived from the world.

No real token looks like them to any server but this.
"""

import hashlib
from dataclasses import dataclass

from mews_pipeline.sandbox.hotels.world import World

# The seeds' example tokens. The access token is a portfolio's, of every enterprise.
CLIENT_TOKEN = "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D"  # noqa: S105
PORTFOLIO_TOKEN = "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D"  # noqa: S105


@dataclass(frozen=True)
class Grant:
    """What an access token opens: some enterprises, as a portfolio or as the one property."""

    enterprise_ids: frozenset[str]
    is_portfolio: bool


def token_key(token: str) -> str:
    """Give the name by which a token may be known: 12 hex digits of its SHA-256."""
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def access_tokens(world: World) -> dict[str, str]:
    """Give a single-property access token per enterprise id."""
    return {prop.id: _derived(prop.id) for prop in world.properties}


def portfolio_tokens(world: World, groups: int) -> list[str]:
    """Give portfolio access tokens that share the enterprises out among them, in turn."""
    return [_derived(",".join(members)) for members in _groups(world, groups)]


def grants(world: World, groups: int = 0) -> dict[str, Grant]:
    """Give what every access token opens; `groups` as for portfolio_tokens."""
    ids = frozenset(prop.id for prop in world.properties)
    given = {PORTFOLIO_TOKEN: Grant(ids, is_portfolio=True)}
    for enterprise_id, token in access_tokens(world).items():
        given[token] = Grant(frozenset({enterprise_id}), is_portfolio=False)
    for members, token in zip(_groups(world, groups), portfolio_tokens(world, groups), strict=True):
        given[token] = Grant(frozenset(members), is_portfolio=True)
    return given


def _groups(world: World, groups: int) -> list[list[str]]:
    ids = [prop.id for prop in world.properties]
    return [["portfolio", *ids[first::groups]] for first in range(min(groups, len(ids)))]


def _derived(text: str) -> str:
    digits = hashlib.sha256(f"sandbox {text}".encode()).hexdigest().upper()
    return f"{digits[:32]}-{digits[32:63]}"
