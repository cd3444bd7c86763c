"""Turning results into files and text for people: run folder, narratives, terminal summary."""
