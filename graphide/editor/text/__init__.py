"""Text of the editor without a window: widths, wrapping, editing, marks of placeholders, chat markdown; nothing drawn."""
