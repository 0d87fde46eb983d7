"""A server that answers for the simulated hotels with the vendor's paths, limits and errors.

Knows requests, tokens and faults; never simulates anything: what hotels do comes from hotels/.
"""
