"""The morning brief: the figures of the report's first screen, as a message, once a morning.

It never has personal data, and nothing of it knows Dagster.
"""
