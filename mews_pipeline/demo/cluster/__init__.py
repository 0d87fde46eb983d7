"""Run the pipeline as on several machines, with processes of this one: `make demo-distributed`.

Knows how servers and Dagster's processes start and stop; never touches tables or models itself.
"""
