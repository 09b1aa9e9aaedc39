"""How fast the panel is on this machine: `make bench`."""
