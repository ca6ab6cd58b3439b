"""The window: paints what `graphide.editor` says and hands it the mouse and the keys. Nothing is decided here."""
