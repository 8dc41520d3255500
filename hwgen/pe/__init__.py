"""Processing elements: dot products of L lanes into one accumulator."""
