"""Frozen values that every floor shares, and the Protocols between floors."""
