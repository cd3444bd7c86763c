"""Holding runs against planned truth: what was found, what was raised wrongly, and how sure that is."""
