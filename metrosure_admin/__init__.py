"""The project: wiring, no rules."""
