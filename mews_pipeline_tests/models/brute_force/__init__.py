"""Random worlds, and every mart computed a second time from them in plain Python."""
