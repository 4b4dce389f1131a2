"""The version, a constant: reading package metadata would cost 48 ms at each start."""

VERSION = "0.1.0"
