"""The sandbox's own addresses, beside the API: its clock, its tokens, what has been asked."""

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mews_pipeline.sandbox.server import responses, validation
from mews_pipeline.sandbox.server.api import Sandbox
from mews_pipeline.sandbox.server.refusals import BAD_REQUEST, Refusal
from mews_pipeline.sandbox.server.tokens import CLIENT_TOKEN, PORTFOLIO_TOKEN, access_tokens


def routes(sandbox: Sandbox) -> list[Route]:
    """Give the routes of one sandbox."""

    async def clock(request: Request) -> Response:
        """Tell the clock, or set it: `{"NowUtc": instant}`, null to let it run."""
        if request.method == "PUT":
            try:
                told = orjson.loads(await request.body())["NowUtc"]
                at = None if told is None else validation.instant(told, "NowUtc")
                sandbox.clock.set(at)
            except (KeyError, TypeError, ValueError, Refusal) as error:
                return responses.error_response(BAD_REQUEST, str(error), "")
        answer = {"NowUtc": sandbox.clock.now(), "IsRunning": sandbox.clock.is_running}
        return responses.json_response(orjson.dumps(answer, option=orjson.OPT_UTC_Z))

    async def tokens(request: Request) -> Response:
        """List the tokens that the sandbox knows: they open nothing anywhere else."""
        del request
        answer = {
            "ClientToken": CLIENT_TOKEN,
            "Portfolio": PORTFOLIO_TOKEN,
            "Enterprises": access_tokens(sandbox.world),
        }
        return responses.json_response(orjson.dumps(answer))

    async def requests(request: Request) -> Response:
        """Count what has been asked."""
        del request
        return responses.json_response(orjson.dumps(sandbox.log.summary()))

    return [
        Route("/sandbox/clock", clock, methods=["GET", "PUT"]),
        Route("/sandbox/tokens", tokens),
        Route("/sandbox/requests", requests),
    ]
