"""What a person said and did and wants to find again: chats as trees of turns, in one SQLite file, with search."""
