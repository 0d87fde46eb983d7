"""Short messages to a chat's webhook (Slack-compatible JSON)."""

import httpx
import stamina
from pydantic import SecretStr

TIMEOUT_SECONDS = 8.0
# In all, waits included: Dagster gives a sensor a minute.
_PATIENCE_SECONDS = 40.0


class AlertError(RuntimeError):
    """The webhook did not take a message; never names the webhook, whose address is a secret."""


@stamina.retry(on=AlertError, attempts=4, timeout=_PATIENCE_SECONDS)
def _send(webhook: SecretStr, text: str) -> None:
    try:
        response = httpx.post(
            webhook.get_secret_value(), json={"text": text}, timeout=TIMEOUT_SECONDS
        )
        problem = "" if response.is_success else f"answered with status {response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        problem = f"did not answer ({type(error).__name__})"
    if problem:
        raise AlertError(f"MEWS_ALERT_WEBHOOK {problem}")


def post(webhook: SecretStr, text: str) -> None:
    """Post a message; tried four times within 40 s. Raises AlertError."""
    _send(webhook, text)
