"""Slow, obvious twins of every vectorized construct."""
