"""Tests of mews_pipeline.mews, against a Mews that lives in memory."""
