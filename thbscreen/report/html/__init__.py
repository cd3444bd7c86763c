"""The analyst's report: one HTML file that opens from disk, made from a run folder alone."""
