"""What any layer may use of the outside: WebAssembly tools from PyPI, and the cache on disk."""
