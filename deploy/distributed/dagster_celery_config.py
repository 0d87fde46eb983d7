"""Settings of Celery's workers beyond dagster-celery's defaults; found by name on the path."""

import os

broker_url = result_backend = os.environ["MEWS_REDIS_URL"]
broker_connection_retry_on_startup = True
# Never start a run twice: Dagster starts a run again when its worker died
task_acks_late = False
# Record which worker did what
result_extended = True
result_expires = 7 * 24 * 3600
# One process per run, as on one machine, so that a run's memory goes with it
worker_max_tasks_per_child = 1
