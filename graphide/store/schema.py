"""The tables of the store, as steps from version to version. A step that was published is never changed.

`chat` holds what a list of chats shows, `turn` what was said (an edit and an answer made again are siblings), `said` finds
words in it, `graph` holds each graph that answered once, by its hash, and `draft` what was written and not said yet.
"""

from __future__ import annotations

from typing import Final

STEPS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE chat (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT NOT NULL,
        named INTEGER NOT NULL DEFAULT 0,
        subject TEXT NOT NULL,
        created TEXT NOT NULL,
        changed TEXT NOT NULL,
        pinned INTEGER NOT NULL DEFAULT 0,
        chosen TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    CREATE INDEX chat_by_time ON chat (pinned DESC, changed DESC);

    CREATE TABLE graph (
        hash TEXT PRIMARY KEY,
        body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE turn (
        number INTEGER PRIMARY KEY,
        chat TEXT NOT NULL REFERENCES chat (id) ON DELETE CASCADE,
        id INTEGER NOT NULL,
        parent INTEGER NOT NULL,
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        at TEXT NOT NULL,
        answer TEXT,
        graph TEXT REFERENCES graph (hash),
        inputs TEXT,
        UNIQUE (chat, id)
    ) STRICT;
    CREATE INDEX turn_by_graph ON turn (graph) WHERE graph IS NOT NULL;

    CREATE VIRTUAL TABLE said USING fts5 (
        text, content='turn', content_rowid='number', tokenize="unicode61 remove_diacritics 2", prefix='2 3'
    );
    CREATE TRIGGER turn_added AFTER INSERT ON turn BEGIN
        INSERT INTO said (rowid, text) VALUES (new.number, new.text);
    END;
    CREATE TRIGGER turn_removed AFTER DELETE ON turn BEGIN
        INSERT INTO said (said, rowid, text) VALUES ('delete', old.number, old.text);
    END;
    CREATE TRIGGER turn_changed AFTER UPDATE OF text ON turn BEGIN
        INSERT INTO said (said, rowid, text) VALUES ('delete', old.number, old.text);
        INSERT INTO said (rowid, text) VALUES (new.number, new.text);
    END;

    CREATE VIRTUAL TABLE titled USING fts5 (
        title, content='chat', content_rowid='number', tokenize="unicode61 remove_diacritics 2", prefix='2 3'
    );
    CREATE TRIGGER chat_added AFTER INSERT ON chat BEGIN
        INSERT INTO titled (rowid, title) VALUES (new.number, new.title);
    END;
    CREATE TRIGGER chat_removed AFTER DELETE ON chat BEGIN
        INSERT INTO titled (titled, rowid, title) VALUES ('delete', old.number, old.title);
    END;
    CREATE TRIGGER chat_renamed AFTER UPDATE OF title ON chat BEGIN
        INSERT INTO titled (titled, rowid, title) VALUES ('delete', old.number, old.title);
        INSERT INTO titled (rowid, title) VALUES (new.number, new.title);
    END;
    """,
    """
    CREATE TABLE draft (
        key TEXT PRIMARY KEY,
        text TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER chat_gone AFTER DELETE ON chat BEGIN
        DELETE FROM draft WHERE key = old.id;
    END;
    """,
)
"""SQL from version 0 (an empty file) to 1, from 1 to 2, …; the version of a file is its `user_version`."""
