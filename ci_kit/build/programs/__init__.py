"""What the builders' own programs are told."""
