"""Tests of the stand-in Mews."""
