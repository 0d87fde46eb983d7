"""Runs the sandbox and the pipeline together. Everything but the command line lies below it."""
