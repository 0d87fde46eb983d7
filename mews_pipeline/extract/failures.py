"""Turn whatever goes wrong with one window or token into an error that people can read."""

import traceback
from collections.abc import Iterable
from pathlib import Path

from polars.exceptions import PanicException

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract.flatten import FlattenError
from mews_pipeline.mews.errors import UnreadableRecordError

# Not cancellation and not Ctrl-C. A panic of Polars is no Exception in Python.
ANY_FAILURE = (Exception, PanicException)
# Failures that are one record's: the days around it can be fetched without it
OF_A_RECORD = (FlattenError, UnreadableRecordError)

_MESSAGE_LIMIT = 300
_PACKAGE = Path(__file__).parents[1]


class UnforeseenError(PipelineError):
    """An error that this pipeline does not know; the message has its type, message and place."""


def explained(
    error: BaseException, what: str, token_key: str, secrets: Iterable[str]
) -> PipelineError:
    """Return the error as one of this package's, about this access token.

    `what` names the window or listing. Whatever holds records has turned its errors into
    FlattenError before, so the message of any other error quotes no guest; `secrets` are blotted
    out, from messages of this package too, since those quote other errors.
    """
    if isinstance(error, PipelineError):
        error.token_key = error.token_key or token_key
        error.args = tuple(_without(secrets, a) if isinstance(a, str) else a for a in error.args)
        return error
    if isinstance(error, BaseExceptionGroup):
        return explained(error.exceptions[0], what, token_key, secrets)
    message = _without(secrets, " ".join(_text(error).split()))
    if len(message) > _MESSAGE_LIMIT:
        message = message[:_MESSAGE_LIMIT] + "…"
    unforeseen = UnforeseenError(
        f"{what}: {type(error).__name__}: {message or 'no message'}{_place(error)}. Everything "
        "else has landed. Report this error to the maintainers of this pipeline."
    )
    unforeseen.token_key = token_key
    return unforeseen


def _without(secrets: Iterable[str], message: str) -> str:
    for secret in secrets:
        message = message.replace(secret, "***")
    return message


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  whatever its class does, the error is to be shown
        return ""


def _place(error: BaseException) -> str:
    """Return the innermost line of this package that the error passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return ""
    return f" ({Path(ours[-1].filename).relative_to(_PACKAGE.parent)}:{ours[-1].lineno})"
