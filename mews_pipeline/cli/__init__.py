"""The command line: parses options and prints results. Never asks Mews or writes raw tables itself."""
