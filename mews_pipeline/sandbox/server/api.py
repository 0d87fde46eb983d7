"""The HTTP API of the sandbox: the vendor's paths, fields, paging, errors and limits.

Source: docs/mews-api.md. The sandbox's own routes, /sandbox/..., are in control.py.
"""

import asyncio
from datetime import datetime, timedelta
from email.utils import format_datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response

from mews_pipeline.sandbox.hotels.identity import derived_id
from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server import responses, validation
from mews_pipeline.sandbox.server.clock import Clock
from mews_pipeline.sandbox.server.endpoints import Endpoints
from mews_pipeline.sandbox.server.fault_effects import apply_fault
from mews_pipeline.sandbox.server.faults import Fault
from mews_pipeline.sandbox.server.limits import SlidingWindow
from mews_pipeline.sandbox.server.options import SandboxOptions
from mews_pipeline.sandbox.server.refusals import (
    BAD_REQUEST,
    NOT_FOUND,
    TOO_MANY,
    UNAUTHORIZED,
    Refusal,
)
from mews_pipeline.sandbox.server.request_log import RequestLog
from mews_pipeline.sandbox.server.tokens import CLIENT_TOKEN, Grant, grants, token_key
from mews_pipeline.sandbox.server.validation import Body

PREFIX = "/api/connector/v1/"
_MINIMAL = "return=minimal"


class Throttled(Refusal):
    """The rate limit is exceeded; retry after `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(TOO_MANY, "Too many requests.")
        self.wait = wait


class Sandbox:
    """A world, a clock, options and the `log` of all requests so far."""

    def __init__(self, world: World, clock: Clock, options: SandboxOptions) -> None:
        self.world, self.clock, self.options = world, clock, options
        self.log = RequestLog()
        self.grants = grants(world, options.token_groups)
        self._endpoints = Endpoints(world)
        self._window = SlidingWindow()
        self._count = 0

    async def handle(self, request: Request) -> Response:
        """Handle one API request, applying the fault that is planned for it, if any."""
        self._count += 1
        number, options, now = self._count, self.options, self.clock.now()
        path = request.url.path.removeprefix(PREFIX)
        fault = options.faults.at(number) if options.faults else None
        if options.latency_seconds:
            await asyncio.sleep(options.latency_seconds)
        body = _parsed(await request.body())
        request_id = derived_id(f"request {number}")
        if fault is Fault.STALL:
            await responses.hold(request.receive, options.stall_seconds)
        if fault is Fault.THROTTLED_429:
            response = self._throttled(Throttled(0.0), request_id, now)
        else:
            response = self._respond(path, request, body, request_id, now)
        if fault is not None:
            response = apply_fault(fault, response, body, request_id)
        response.headers["Date"] = format_datetime(now, usegmt=True)
        self.log.add(path, body, fault, response.status_code)
        return response

    def _respond(
        self, path: str, request: Request, body: Body | None, request_id: str, now: datetime
    ) -> Response:
        """Return the response without any fault."""
        try:
            content, is_empty = self._content(path, request, body, now)
        except Throttled as refusal:
            return self._throttled(refusal, request_id, now)
        except Refusal as refusal:
            return responses.error_response(
                refusal.status, refusal.message, request_id, refusal.details
            )
        if is_empty and _MINIMAL in request.headers.get("Prefer", "").replace(" ", ""):
            return Response(status_code=204)
        return responses.json_response(content)

    def _content(
        self, path: str, request: Request, body: Body | None, now: datetime
    ) -> tuple[bytes, bool]:
        if path not in self._endpoints or request.method != "POST":
            raise Refusal(NOT_FOUND, "The operation does not exist.")
        if "application/json" not in request.headers.get("Content-Type", "").lower():
            raise Refusal(BAD_REQUEST, "The content type must be application/json.")
        if body is None:
            raise Refusal(BAD_REQUEST, "The body must be a JSON object.")
        grant = self._authorize(path, body)
        return self._endpoints.respond(path, body, grant, now, self.options)

    def _authorize(self, path: str, body: Body) -> Grant:
        """Return what the tokens give access to. Raises Refusal: 400, 401 or 429."""
        client, access = (validation.text(body, name) for name in ("ClientToken", "AccessToken"))
        validation.text(body, "Client")
        if client != CLIENT_TOKEN:
            raise Refusal(UNAUTHORIZED, "Invalid ClientToken")
        key, grant = token_key(access), self.grants.get(access)
        if grant is None or key in self.options.revoked_tokens:
            raise Refusal(UNAUTHORIZED, "Invalid AccessToken")
        limit = self.options.rate_limit
        wait = self._window.wait(key, limit) if limit else None
        if wait is not None:
            raise Throttled(wait)
        denied = self.options.denied_operations
        if path in denied.get(key, ()) or path in denied.get("*", ()):
            raise Refusal(UNAUTHORIZED, "The permission to use this operation is missing.")
        return grant

    def _throttled(self, refusal: Throttled, request_id: str, now: datetime) -> Response:
        response = responses.error_response(TOO_MANY, refusal.message, request_id)
        seconds = int(refusal.wait) + 1
        retry_after = self.options.rate_limit.retry_after if self.options.rate_limit else None
        if retry_after == "seconds":
            response.headers["Retry-After"] = str(seconds)
        elif retry_after == "date":
            # The sandbox's clock, so that it agrees with the Date header
            until = now + timedelta(seconds=seconds)
            response.headers["Retry-After"] = format_datetime(until, usegmt=True)
        return response


def _parsed(content: bytes) -> Body | None:
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None
