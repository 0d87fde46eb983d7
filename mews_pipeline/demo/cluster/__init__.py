"""Several machines played on one: for `make demo-distributed` and its tests."""
