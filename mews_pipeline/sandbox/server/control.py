"""The sandbox's control routes: its clock, its tokens and its request counts."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mews_pipeline.sandbox.server import responses, validation
from mews_pipeline.sandbox.server.api import Sandbox
from mews_pipeline.sandbox.server.refusals import BAD_REQUEST, Refusal
from mews_pipeline.sandbox.server.tokens import CLIENT_TOKEN, PORTFOLIO_TOKEN, access_tokens


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of one sandbox."""

    async def clock(request: Request) -> Response:
        """Return the clock, or set it to `{"NowUtc": instant}`; null lets it run."""
        if request.method == "PUT":
            try:
                value = orjson.loads(await request.body())["NowUtc"]
                at = None if value is None else validation.instant(value, "NowUtc")
                sandbox.clock.set(at)
            except (KeyError, TypeError, ValueError, Refusal) as error:
                return responses.error_response(BAD_REQUEST, str(error), "")
        content = {"NowUtc": sandbox.clock.now(), "IsRunning": sandbox.clock.is_running}
        return responses.json_response(orjson.dumps(content, option=orjson.OPT_UTC_Z))

    async def tokens(request: Request) -> Response:
        """List the tokens that the sandbox accepts. They are worthless anywhere else."""
        del request
        content = {
            "ClientToken": CLIENT_TOKEN,
            "Portfolio": PORTFOLIO_TOKEN,
            "Enterprises": access_tokens(sandbox.world),
        }
        return responses.json_response(orjson.dumps(content))

    async def requests(request: Request) -> Response:
        """Return the request counts."""
        del request
        return responses.json_response(orjson.dumps(sandbox.log.summary()))

    return [
        Route("/sandbox/clock", clock, methods=["GET", "PUT"]),
        Route("/sandbox/tokens", tokens),
        Route("/sandbox/requests", requests),
    ]
