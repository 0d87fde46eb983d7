"""The command line: parses options and prints results. It never asks Mews or writes raw tables."""
