"""Networks that run on an array, in integers only."""
