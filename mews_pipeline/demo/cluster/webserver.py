"""Dagster's webserver on loopback, told what to do by the GraphQL that its UI sends too."""

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
    """The way in. What it refuses is a RuntimeError with its words."""

    port: int

    @property
    def url(self) -> str:
        """The address of the UI."""
        return f"http://127.0.0.1:{self.port}"

    def graphql(self, query: str, **variables: Any) -> Any:
        """What GraphQL answers to a query of one field."""
        body = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.url}/graphql", json=body, timeout=60).json()
        if "errors" in answer:
            raise RuntimeError(answer["errors"])
        return next(iter(answer["data"].values()))

    def launch(self, job: str, **tags: str) -> str:
        """Launch a job as the UI does; gives the run's id."""
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
        return str(_done(self.graphql(_LAUNCH, params=params))["run"]["runId"])

    def backfill(self, tables: Iterable[str], partitions: Iterable[str]) -> str:
        """Backfill those partitions of raw tables as the UI does; gives the backfill's id."""
        paths = [{"path": ["mews", table]} for table in tables]
        params = {"assetSelection": paths, "partitionNames": list(partitions)}
        return str(_done(self.graphql(_BACKFILL, params=params))["backfillId"])

    def stop_automation(self, kind: str, *names: str) -> None:
        """Have these schedules or sensors (all of the kind without names) launch nothing more."""
        for each in self._code()[kind]:
            if not names or each["name"] in names:
                told = self.graphql(_STOP[kind], id=each["id"])
                if "Error" in str(told):
                    raise RuntimeError(told)

    def _code(self) -> dict[str, Any]:
        """The code location's name, schedules and sensors."""
        [code] = self.graphql(_CODE)["nodes"]
        return dict(code)


def _done(told: dict[str, Any]) -> dict[str, Any]:
    if not told["__typename"].endswith("Success"):
        raise RuntimeError(told)
    return told


def until(what: str, found: Callable[[], T | None], seconds: float = 600) -> T:
    """Wait for something that other processes bring about; gives it. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if seen := found():
            return seen
        time.sleep(0.5)
    raise TimeoutError(f"Not within {seconds:.0f} s: {what}")
