"""The face of 0.16: JMAP."""
