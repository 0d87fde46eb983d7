"""Turn a response into the one that a fault produces."""

from collections.abc import Callable
from typing import Any

import orjson
from starlette.responses import Response

from mews_pipeline.sandbox.server import responses
from mews_pipeline.sandbox.server.faults import Fault
from mews_pipeline.sandbox.server.validation import Body

_HTML_PAGE = b"<!DOCTYPE html><html><body><h1>We will be right back</h1></body></html>"
_MESSAGES = {
    Fault.TIMEOUT_408: "Transaction has timed out.",
    Fault.CONFLICT_409: "Data has been modified in the meantime.",
    Fault.TOO_LARGE_413: "Request entity too large.",
    Fault.ERROR_500: "Unexpected error.",
    Fault.ERROR_502: "Bad gateway.",
    Fault.ERROR_503: "Service unavailable.",
}
_REPLACEMENTS: dict[Fault, Callable[[bytes], Response]] = {
    Fault.HTML: lambda _: Response(_HTML_PAGE, media_type="text/html"),
    Fault.WRONG_CONTENT_TYPE: lambda content: Response(content, media_type="text/plain"),
    Fault.CUT_OFF: lambda content: responses.CutOffResponse(content, media_type=responses.JSON),
    Fault.HALF_JSON: lambda content: responses.json_response(content[: len(content) // 2]),
    Fault.RESET: lambda _: responses.ResetResponse(),
}


def apply_fault(fault: Fault, response: Response, body: Body | None, request_id: str) -> Response:
    """Return what replaces `response`: itself for faults that do not change the body."""
    if fault in _MESSAGES:
        return responses.error_response(int(fault), _MESSAGES[fault], request_id)
    if fault in _REPLACEMENTS:
        return _REPLACEMENTS[fault](bytes(response.body))
    if fault is Fault.REPEATED_CURSOR:
        return _with_request_cursor(body, response)
    return response


def _with_request_cursor(body: Body | None, response: Response) -> Response:
    limitation = body.get("Limitation") if body else None
    cursor = limitation.get("Cursor") if isinstance(limitation, dict) else None
    content: dict[str, Any] = orjson.loads(bytes(response.body) or b"{}")
    if cursor is None or "Cursor" not in content:
        return response
    return responses.json_response(orjson.dumps({**content, "Cursor": cursor}))
