"""A stand-in for Mews: simulated hotels behind the same HTTP face."""
