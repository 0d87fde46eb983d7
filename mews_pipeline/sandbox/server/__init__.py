"""Serves simulated hotels behind the vendor's paths, limits and errors."""
