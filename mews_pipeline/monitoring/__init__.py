"""Finds what is wrong and what to show of it. Reads everything; writes nothing to the warehouse."""
