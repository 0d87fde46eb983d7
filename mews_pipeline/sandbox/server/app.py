"""The ASGI app of the sandbox: the API and the sandbox's control routes."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server import control
from mews_pipeline.sandbox.server.api import Sandbox
from mews_pipeline.sandbox.server.clock import Clock
from mews_pipeline.sandbox.server.options import SandboxOptions


def create_app(world: World, clock: Clock, options: SandboxOptions | None = None) -> Starlette:
    """Create the ASGI app. `app.state.sandbox` is the Sandbox: its log, its options, its clock.

    Faults that break the connection need a real one: see serving.running_sandbox.
    """
    sandbox = Sandbox(world, clock, options or SandboxOptions())
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    app = Starlette(
        routes=[
            *control.routes(sandbox),
            Route("/{path:path}", sandbox.handle, methods=methods),
        ],
        # The fastest level: responses only travel over loopback
        middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=1)],
    )
    app.router.redirect_slashes = False
    app.state.sandbox = sandbox
    return app
