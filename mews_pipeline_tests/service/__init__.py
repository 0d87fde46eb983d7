"""The pipeline as it runs: a real daemon, a real webserver, a browser before it."""
