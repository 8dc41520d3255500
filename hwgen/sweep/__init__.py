"""Sweeps: many arrays of one space, each measured by the same metrics, into one results file."""
