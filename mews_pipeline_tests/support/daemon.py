"""Dagster's daemon for tests: it reads our code once, and looks for backfills often.

Dagster has no setting for either. The code does not change while a test runs, and a code server
that starts again every minute takes seconds of CPU.
"""

from dagster._daemon import cli, controller

if __name__ == "__main__":
    controller.RELOAD_WORKSPACE_INTERVAL = 86_400
    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 5
    cli.main()
