"""Simulated hotels and the full history of their bookings.

Knows the fields of the API's records and the rules of occupancy; never HTTP, requests or tokens.
"""
