"""A fake Mews for the demo and the tests: simulated hotels behind a copy of the vendor's API.

The sandbox shares no code with the pipeline: it imports nothing from any other room, so that its
figures can be compared with the pipeline's.
"""

from mews_pipeline.sandbox.hotels.simulate import simulate
from mews_pipeline.sandbox.hotels.truth import OccupiedNight, Spaces
from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server.api import Sandbox, create_app
from mews_pipeline.sandbox.server.clock import Clock
from mews_pipeline.sandbox.server.faults import PASSING, Fault, FaultPlan
from mews_pipeline.sandbox.server.options import Drift, RateLimit, SandboxOptions
from mews_pipeline.sandbox.server.serving import running_sandbox, serve, serving
from mews_pipeline.sandbox.server.tokens import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    access_tokens,
    portfolio_tokens,
    token_key,
)

__all__ = [
    "CLIENT_TOKEN",
    "PASSING",
    "PORTFOLIO_TOKEN",
    "Clock",
    "Drift",
    "Fault",
    "FaultPlan",
    "OccupiedNight",
    "RateLimit",
    "Sandbox",
    "SandboxOptions",
    "Spaces",
    "World",
    "access_tokens",
    "create_app",
    "portfolio_tokens",
    "running_sandbox",
    "serve",
    "serving",
    "simulate",
    "token_key",
]
