"""The HTTP server: models, graphs, chats and templates for other programs and for people without the desktop app."""
