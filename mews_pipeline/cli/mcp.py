"""`mews-pipeline mcp`: the published copy for assistants."""

from typing import Annotated

import typer
from rich.console import Console

from mews_pipeline.cli import services
from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.errors import PipelineError
from mews_pipeline.mcp.copy import SECONDS
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.texts import on_screen

INSTALL = "The server needs the package mcp: pip install 'mews-pipeline[mcp,metrics]'"


class McpError(PipelineError):
    """The server cannot start; the message says what to do."""


def mcp(
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Serve http://127.0.0.1:PORT/mcp; by default on stdin and stdout.",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="How long a question may take.")
    ] = SECONDS,
) -> None:
    """Serve the published copy to assistants (MCP): metrics, tables, one SELECT; read only."""
    with exit_on_error():
        analytics = load(LocalSettings).analytics
        try:
            # Imported here because it is an extra
            from mews_pipeline.mcp import server  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "mcp":
                raise
            raise McpError(INSTALL) from None
        if port is None:
            server.serve_stdio(analytics, seconds)
            return
        services.refuse_taken(port, "mcp")
        Console(stderr=True).print(on_screen(f"Serving http://127.0.0.1:{port}/mcp"))
        server.serve_http(analytics, port, seconds)
