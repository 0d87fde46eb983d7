"""The GraphQL that the UI sends too."""

LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
CODE = """
{
  repositoriesOrError {
    ... on RepositoryConnection {
      nodes { name location { name } schedules { id name } sensors { id name } }
    }
  }
}
"""
STOP = {
    "schedules": "mutation ($id: String!) { stopRunningSchedule(id: $id) { __typename } }",
    "sensors": "mutation ($id: String!) { stopSensor(id: $id) { __typename } }",
}
