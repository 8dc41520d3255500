"""The tool flow: emission, simulation, synthesis and the cache they share."""
