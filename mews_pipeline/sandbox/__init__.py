"""A fake Mews for the demo and the tests: simulated hotels behind a copy of the vendor's API.

The sandbox shares no code with the pipeline: it imports nothing from any other room, so that its
figures can be compared with the pipeline's.
"""

from mews_pipeline.sandbox.hotels.simulate import simulate
from mews_pipeline.sandbox.hotels.truth import OccupiedNight, Spaces
from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server.api import Sandbox
from mews_pipeline.sandbox.server.app import create_app
from mews_pipeline.sandbox.server.clock import Clock
from mews_pipeline.sandbox.server.faults import TRANSIENT_FAULTS, Fault, FaultPlan
from mews_pipeline.sandbox.server.options import RateLimit, SandboxOptions, SchemaDrift
from mews_pipeline.sandbox.server.process import SandboxProcess, sandbox_process
from mews_pipeline.sandbox.server.serving import running_app, running_sandbox, serve
from mews_pipeline.sandbox.server.tokens import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    access_tokens,
    portfolio_tokens,
    token_key,
)

__all__ = [
    "CLIENT_TOKEN",
    "PORTFOLIO_TOKEN",
    "TRANSIENT_FAULTS",
    "Clock",
    "Fault",
    "FaultPlan",
    "OccupiedNight",
    "RateLimit",
    "Sandbox",
    "SandboxOptions",
    "SandboxProcess",
    "SchemaDrift",
    "Spaces",
    "World",
    "access_tokens",
    "create_app",
    "portfolio_tokens",
    "running_app",
    "running_sandbox",
    "sandbox_process",
    "serve",
    "simulate",
    "token_key",
]
