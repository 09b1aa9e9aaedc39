"""The face of 0.15: REST."""
