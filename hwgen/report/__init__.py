"""The report of a sweep: one HTML page to decide from, and the same plots as files."""
