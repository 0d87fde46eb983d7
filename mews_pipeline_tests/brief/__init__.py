"""Tests of the morning brief."""
