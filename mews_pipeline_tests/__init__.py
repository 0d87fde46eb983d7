"""Tests of mews_pipeline; only the far side (the API) is a stand-in."""
