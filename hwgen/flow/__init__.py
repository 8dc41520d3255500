"""The tool flow: emission, simulation and synthesis."""
