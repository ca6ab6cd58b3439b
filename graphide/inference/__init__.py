"""Everything that knows llama.cpp: the app's side (`client`, `protocol`, `faults`) and the worker process's side.

Importing this package is free; `graphide.inference.client` is the door for the rest of the app. Only the worker process
ever loads the engine.
"""
