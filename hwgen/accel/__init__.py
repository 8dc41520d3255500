"""What stands around an array: compressed traffic to and from memory."""
