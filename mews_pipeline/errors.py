"""The base of every error that this package raises for people to read."""

from mews_pipeline.texts import for_terminal


class PipelineError(Exception):
    """An error whose message says what is wrong and what to do about it.

    `is_worth_retrying` says whether the same may succeed later without anybody changing anything,
    `token_key` which access token it is about (its short hash), where it is about one.
    """

    is_worth_retrying: bool = False
    token_key: str | None = None

    def __str__(self) -> str:
        """Return the message, harmless in a terminal whatever it quotes."""
        return for_terminal(super().__str__())
