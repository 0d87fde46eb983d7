"""Runs the sandbox and the pipeline together. May import every room but the command line."""
