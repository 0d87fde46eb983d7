"""Run the sandbox and the pipeline together.

Knows every room but the command line; nothing below it imports it.
"""
