"""Turns bound rules into vectorized plans: the only place that builds rule expressions."""
