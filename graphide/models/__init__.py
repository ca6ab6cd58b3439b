"""Model files on this machine: reading GGUF headers, knowing a file by its hash, and finding it by name.

Loading a model into the engine is `graphide.inference`; nothing here imports an engine or opens the network.
"""
