"""Runs the sandbox and the pipeline together. Knows every other room, never the command line."""
