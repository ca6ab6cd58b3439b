"""How a graph runs: plan, bookkeeping, one call at a time, cache, and the stream of events."""
