"""Faults between a client, or the daemon, and the real registry."""
