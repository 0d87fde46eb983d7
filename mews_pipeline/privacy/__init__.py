"""Forget persons: find and erase them in the warehouse. Never prints, logs or returns an id."""
