"""What a graph is: the frozen model, its order, its checks, its file. Knows node types, but runs nothing."""
