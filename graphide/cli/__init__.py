"""The command line: reads arguments, asks the workspace, shows what comes. Nothing is decided or computed here."""
