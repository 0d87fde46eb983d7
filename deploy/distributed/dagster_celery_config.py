"""What Celery's workers need beside dagster-celery's defaults; found by its name on the path."""

import os

broker_url = result_backend = os.environ["MEWS_REDIS_URL"]
broker_connection_retry_on_startup = True
# A run that a worker has begun is not begun by another: what died is Dagster's to do again
task_acks_late = False
# By name, so that it can be said which worker did what
result_extended = True
result_expires = 7 * 24 * 3600
# A process per run, as on one machine: what one run took, the next one has
worker_max_tasks_per_child = 1
