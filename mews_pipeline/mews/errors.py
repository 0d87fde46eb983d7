"""Every error between us and Mews; each message says what to do.

    MewsError
    ├── InvalidRequestError         refused here, before any request was made
    ├── ResponseError                 Mews answered, with an error status
    │   ├── BadRequestError         400  asked once
    │   ├── UnauthorizedError       401  asked once
    │   ├── ForbiddenError          403  asked once
    │   ├── NotFoundError           404  asked once
    │   ├── TooHeavyError           asked again for less
    │   │   ├── TimedOutError       408
    │   │   └── TooLargeError       413
    │   ├── DataChangedError        409  asked again
    │   ├── DiscontinuedError       410  asked once
    │   ├── TooManyRequestsError    429  asked again after a while
    │   ├── ServerError             5xx  asked again
    │   └── UnexpectedStatusError   any other status, redirects among them; asked once
    ├── UnreadableResponseError       not the JSON that the operation promises; asked again
    │   └── UnreadableRecordError   one record is no JSON; asked once
    ├── OversizedResponseError      larger than any page may be; asked once
    ├── UnreachableError            no answer: connection reset, timed out; asked again
    │   └── NoConnectionError       refused, or no such host; asked again, but not for long
    ├── EndlessPagesError           paging does not end
    └── CursorLoopError             paging came back to where it had been

No exception holds a request, a token, or a record.
Source: docs/mews-api.md, "Responses and errors".
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from mews_pipeline.errors import PipelineError
from mews_pipeline.mews.credentials import without_secrets
from mews_pipeline.texts import for_terminal

MESSAGE_LIMIT = 500


class MewsError(PipelineError):
    """An error between us and Mews.

    `operation` is its path, `status` the HTTP status if there was one, `message` what Mews said
    (shortened, tokens blotted out), `request_id` what Mews support asks for.
    """

    advice: ClassVar[str] = ""
    # Whether the message names the access token, which may be the cause
    names_token: ClassVar[bool] = True

    def __init__(
        self,
        what: str,
        *,
        operation: str | None = None,
        status: int | None = None,
        message: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(what)
        self.operation = operation
        self.status = status
        self.message = message
        self.request_id = request_id

    def blot_out(self, secrets: Iterable[str]) -> None:
        """Remove the secrets from all that the server may have echoed: its headers too."""
        what, message, request_id = (
            text and without_secrets(text, secrets)
            for text in (self.args[0], self.message, self.request_id)
        )
        self.args, self.message, self.request_id = (what,), message, request_id

    def __str__(self) -> str:
        """Return the operation, the error, Mews' own words, RequestId, token, and what to do."""
        who = f"{self.operation}: " if self.operation else ""
        said = f' Mews says: "{self.message}".' if self.message else ""
        request = f" RequestId {self.request_id}." if self.request_id else ""
        names_token = self.token_key and self.names_token
        token = f" Access token {self.token_key} (its short hash)." if names_token else ""
        advice = f" {self.advice}" if self.advice else ""
        return for_terminal(f"{who}{self.args[0]}.{said}{request}{token}{advice}")


class InvalidRequestError(MewsError):
    """A request that Mews would refuse, or silently misread."""


class ResponseError(MewsError):
    """Mews answered with an error status; `server_time` is its clock when it did."""

    server_time: datetime | None = None


class BadRequestError(ResponseError):
    """400: malformed request, or an identifier that Mews does not know."""

    advice = "This is a fault of the request: check the filters, ids and settings."

    @property
    def invalid_parameter(self) -> str | None:
        """The parameter of an `Invalid {Parameter}` message (docs/mews-api.md), else None."""
        found = re.search(r"\binvalid (\w+)", self.message or "", re.IGNORECASE)
        return found.group(1) if found else None


class UnauthorizedError(ResponseError):
    """401: wrong tokens, or a missing permission; Mews does not say which."""

    advice = (
        "Either ClientToken or AccessToken is wrong, expired or disabled, or the integration has "
        "no permission for this operation: check the tokens, then ask the property to grant it."
    )


class ForbiddenError(ResponseError):
    """403: a rule of the property, to be shown to the user."""

    advice = "The property's rules do not allow it: read Mews' message."


class NotFoundError(ResponseError):
    """404: no such operation at this address (paths are case-sensitive)."""

    advice = "Check MEWS_PLATFORM_ADDRESS: the address without /api/connector/v1, nothing after."


class TooHeavyError(ResponseError):
    """The request asks for too much; the client has already asked for as little as it may."""


class TimedOutError(TooHeavyError):
    """408: the request took Mews too long."""

    is_worth_retrying = True
    advice = "It was asked in the smallest portions already: try again when Mews is less busy."


class TooLargeError(TooHeavyError):
    """413: the request or its answer is too large."""

    advice = "It was asked in the smallest portions already: give fewer ids."


class DataChangedError(ResponseError):
    """409: the data changed while they were read."""

    is_worth_retrying = True
    advice = "Try again."


class DiscontinuedError(ResponseError):
    """410: the vendor has ended the operation, or has it switched off for a while as a warning."""

    advice = (
        "Mews ends this operation, and before that switches it off for hours at a time: read their "
        "list of deprecations, install a release of this pipeline without it, and try again later. "
        "The tokens are not at fault."
    )


class TooManyRequestsError(ResponseError):
    """429: more requests than this access token may make (200 in 30 seconds)."""

    is_worth_retrying = True
    advice = (
        "Something else uses the same access token, perhaps on another machine: "
        "let one of them pause, then try again."
    )
    retry_after: float | None = None


class ServerError(ResponseError):
    """5xx: a fault on Mews' side."""

    is_worth_retrying = True
    advice = "A fault on Mews' side: try again later, and give them the RequestId if it lasts."


class UnexpectedStatusError(ResponseError):
    """A status that the documentation does not know; redirects are not followed."""

    advice = "Check MEWS_PLATFORM_ADDRESS, and whether there is a proxy in between."


class UnreadableResponseError(MewsError):
    """An answer that is not the JSON object that the operation promises."""

    is_worth_retrying = True
    advice = "Check MEWS_PLATFORM_ADDRESS and any proxy in between; else try again later."


class UnreadableRecordError(UnreadableResponseError):
    """A whole answer of which one record is no JSON: asking again gives the same."""

    is_worth_retrying = False
    advice = "Report the record to the vendor; the days around it are fetched without it."


class OversizedResponseError(MewsError):
    """An answer that is larger than any page may be, packed or unpacked; it was not read whole."""

    advice = "Check MEWS_PLATFORM_ADDRESS and any proxy in between; else lower MEWS_PAGE_SIZE."


class UnreachableError(MewsError):
    """No answer at all."""

    is_worth_retrying = True
    names_token = False
    advice = "Check MEWS_PLATFORM_ADDRESS and the network, then try again."


class NoConnectionError(UnreachableError):
    """No server listens at the address, or there is no such host: waiting seldom helps."""

    advice = (
        "Check MEWS_PLATFORM_ADDRESS (its spelling and port, and that a server listens there), the "
        "network, and any proxy or firewall in between, then try again."
    )


class EndlessPagesError(MewsError):
    """Paging did not end after more pages than any window has."""

    advice = "Fetch fewer days at once; report it to the vendor if a single day has no end."


class CursorLoopError(MewsError):
    """Paging came back to where it had been; going on would never end."""

    is_worth_retrying = True
    advice = "The data may have moved while they were paged: try again; report it if it lasts."


# What the system says when it has no network, or cannot ask for the address of a host
_NO_NETWORK = ("name resolution", "not known", "nodename nor servname", "Network is unreachable")


def unreached(host: str, why: str) -> str:
    """Describe a connection that could not be made, and whether this machine has a network."""
    if any(words in why for words in _NO_NETWORK):
        return f"there is no network, or no such host: {host} cannot be reached ({why})"
    return f"{host} cannot be reached ({why})"


_BY_STATUS: dict[int, type[ResponseError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    408: TimedOutError,
    409: DataChangedError,
    410: DiscontinuedError,
    413: TooLargeError,
    429: TooManyRequestsError,
}


def for_status(status: int) -> type[ResponseError]:
    """Return the exception of an HTTP status other than 200 and 204."""
    if status >= 500:  # noqa: PLR2004  the class of statuses, not a number of ours
        return ServerError
    return _BY_STATUS.get(status, UnexpectedStatusError)
