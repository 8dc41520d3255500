"""What a design's arithmetic costs in accuracy, and how wide its sums must be."""
