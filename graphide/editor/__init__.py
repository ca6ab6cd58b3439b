"""The editor without a window: documents, commands, layout, clipboard, journal. All behaviour is here, painting is not."""
