"""Control Dagster's webserver on loopback with the GraphQL that its UI uses."""

import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
FINISHED = {"SUCCESS", "FAILURE", "CANCELED"}

_LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on Error { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on Error { message }
  }
}
"""
_CODE = """
{
  repositoriesOrError {
    ... on RepositoryConnection {
      nodes { name location { name } schedules { id name } sensors { id name } }
    }
  }
}
"""
_STOP = {
    "schedules": "mutation ($id: String!) { stopRunningSchedule(id: $id) { __typename } }",
    "sensors": "mutation ($id: String!) { stopSensor(id: $id) { __typename } }",
}


class Webserver:
    """A client of the webserver. Errors of GraphQL are raised as RuntimeError."""

    port: int

    @property
    def url(self) -> str:
        """The address of the UI."""
        return f"http://127.0.0.1:{self.port}"

    def graphql(self, query: str, **variables: Any) -> Any:
        """Return the result of a query of one field."""
        body = {"query": query, "variables": variables}
        response = httpx.post(f"{self.url}/graphql", json=body, timeout=60).json()
        if "errors" in response:
            raise RuntimeError(response["errors"])
        return next(iter(response["data"].values()))

    def launch(self, job: str, **tags: str) -> str:
        """Launch a job as the UI does; return the run's id."""
        code = self._code()
        params = {
            "selector": {
                "repositoryName": code["name"],
                "repositoryLocationName": code["location"]["name"],
                "pipelineName": job,
            },
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in tags.items()]},
            "mode": "default",
        }
        return str(_succeeded(self.graphql(_LAUNCH, params=params))["run"]["runId"])

    def backfill(self, tables: Iterable[str], partitions: Iterable[str]) -> str:
        """Backfill partitions of raw tables as the UI does; return the backfill's id."""
        paths = [{"path": ["mews", table]} for table in tables]
        params = {"assetSelection": paths, "partitionNames": list(partitions)}
        return str(_succeeded(self.graphql(_BACKFILL, params=params))["backfillId"])

    def stop_automation(self, kind: str, *names: str) -> None:
        """Stop schedules or sensors: the named ones, or all of the kind without names."""
        for each in self._code()[kind]:
            if not names or each["name"] in names:
                result = self.graphql(_STOP[kind], id=each["id"])
                if "Error" in str(result):
                    raise RuntimeError(result)

    def _code(self) -> dict[str, Any]:
        """Return the code location's name, schedules and sensors."""
        [code] = self.graphql(_CODE)["nodes"]
        return dict(code)


def _succeeded(result: dict[str, Any]) -> dict[str, Any]:
    if not result["__typename"].endswith("Success"):
        raise RuntimeError(result)
    return result


def until(what: str, found: Callable[[], T | None], seconds: float = 600) -> T:
    """Wait until `found` returns something that other processes cause. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.5)
    raise TimeoutError(f"Not within {seconds:.0f} s: {what}")
