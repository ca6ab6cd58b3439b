"""Talking with a model or a graph, for the window, the terminal and the server alike: which graphs can be talked with, and how."""
