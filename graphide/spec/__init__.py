"""What a node type is: fields, ports, the declaration, the registry. Knows nothing of graphs or of running them."""
