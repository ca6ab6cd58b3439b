"""What answers a model node: the local worker, or the echo of the tests. Each is a `Backend` of `graphide.spec`."""
