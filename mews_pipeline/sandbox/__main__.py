"""Serve a world for the process that started this one: see server/process.py."""

import sys

from mews_pipeline.sandbox.server.process import main

main(*sys.argv[1:])
