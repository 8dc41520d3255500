"""Systolic meshes around a PE: grid, skew, dataflows, streams and schedule."""
