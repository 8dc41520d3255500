"""Arithmetic units, one a file: spec, golden and component together."""
