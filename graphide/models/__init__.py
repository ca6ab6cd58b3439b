"""Model files: on this machine, read, known by their hash and found by name; on the hub, searched and downloaded.

Loading a model into the engine is `graphide.inference`; nothing here imports an engine. Only `hub*`, `transfer`,
`download*` and `remote_header` open the network, and only when asked to.
"""
