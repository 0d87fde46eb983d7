"""A server for assistants (Model Context Protocol) over the published copy.

It reads the copy alone and never opens the warehouse, asks Mews, or writes. Only `server` imports
the package mcp, which is an extra.
"""
