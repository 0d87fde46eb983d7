"""Serve Dagster's UI behind the guard: python -m mews_pipeline.defs.webserver.

Takes the place of `dagster-webserver`, which answers any web page (guard.py).
"""

import signal
from pathlib import Path
from typing import Annotated

import dagster as dg
import typer
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import (
    ModuleTarget,
    WorkspaceFileTarget,
    WorkspaceLoadTarget,
)
from dagster._utils.log import configure_loggers
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__

from mews_pipeline.defs.guard import Addresses, Guard
from mews_pipeline.settings import SettingsError, UiSettings, load

# Those of `dagster-webserver`
_STATEMENT_TIMEOUT_MILLISECONDS = 15_000
_POOL_RECYCLE_SECONDS = 3600
_POOL_MAX_OVERFLOW = 20
_POLL_MILLISECONDS = 2000
# Open websockets would keep the server from ending
_GRACE_SECONDS = 3


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", help="Port to listen on.")] = 3000,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", "-w", help="Workspace file; this package without one."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="Another address of the UI, as MEWS_DAGSTER_URL. May be repeated."),
    ] = None,
) -> None:
    """Serve Dagster's UI to its own pages and to programs, not to other web pages."""
    try:
        addresses = Addresses.on_loopback(port, [*_configured(), *(allow or [])])
    except (SettingsError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    # Both end the blocks below, code servers included
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    configure_loggers()
    try:
        _serve(host, port, _code(workspace), addresses)
    except KeyboardInterrupt:
        return


def _configured() -> list[str]:
    """Give the address of the proxy, which the links in alerts use too."""
    url = load(UiSettings).dagster_url
    return [str(url)] if url else []


def _code(workspace: Path | None) -> WorkspaceLoadTarget:
    if workspace:
        return WorkspaceFileTarget([str(workspace)])
    # Named as in workspace.yaml: runs and schedules are recorded under it
    return ModuleTarget("mews_pipeline.definitions", None, None, "mews_pipeline")


def _serve(host: str, port: int, code: WorkspaceLoadTarget, addresses: Addresses) -> None:
    with dg.DagsterInstance.get() as instance:
        instance.optimize_for_webserver(
            _STATEMENT_TIMEOUT_MILLISECONDS, _POOL_RECYCLE_SECONDS, _POOL_MAX_OVERFLOW
        )
        with WorkspaceProcessContext(
            instance, version=__version__, workspace_load_target=code
        ) as context:
            app = create_app_from_workspace_process_context(
                context, live_data_poll_rate=_POLL_MILLISECONDS
            )
            typer.echo(
                f"Dagster's UI: http://{'localhost' if host == '127.0.0.1' else host}:{port}"
            )
            uvicorn.run(
                Guard(app, addresses),
                host=host,
                port=port,
                log_level="warning",
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )


if __name__ == "__main__":
    typer.run(serve)
