"""hwgen: from a number format to working hardware."""

__version__ = "0.1.0"
