"""Simulates hotels and the whole lives of their bookings. Knows nothing of HTTP or the API."""
