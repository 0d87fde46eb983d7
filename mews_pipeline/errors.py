"""The base of every error that this package raises for people to read."""


class PipelineError(Exception):
    """An error whose message says what is wrong and what to do about it.

    `is_worth_retrying` says whether the same may succeed later without anybody changing anything,
    `token_key` which access token it is about (its short hash), where it is about one.
    """

    is_worth_retrying: bool = False
    token_key: str | None = None
