"""Short messages to a chat's webhook (Slack-compatible JSON)."""

import httpx
import stamina
from pydantic import SecretStr

from mews_pipeline.environment import network_problems
from mews_pipeline.errors import PipelineError
from mews_pipeline.texts import for_alert

TIMEOUT_SECONDS = 8.0
# In total, waits included: Dagster stops a sensor after a minute
_PATIENCE_SECONDS = 40.0


class AlertError(PipelineError):
    """The webhook did not accept a message. Never names its address, which is a secret."""


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
    """Post a message, in up to four attempts within 40 s. Raises AlertError."""
    # httpx raises errors of many kinds for these variables
    if problems := network_problems():
        raise AlertError(f"MEWS_ALERT_WEBHOOK cannot be reached: {'; '.join(problems)}")
    _send(webhook, for_alert(text))
