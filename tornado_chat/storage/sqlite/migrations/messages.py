"""Version 1: messages, and a store of JSON values by name."""

SQL = """
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE channels (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, floor INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE senders (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
    -- id is (channels.no << 40) + seq; all of a channel lies together; up to its floor it is deleted
    CREATE TABLE messages (
        id INTEGER PRIMARY KEY, sender INTEGER, name TEXT, text TEXT NOT NULL, time INTEGER NOT NULL, ref TEXT
    );
    CREATE UNIQUE INDEX refs ON messages (sender, ref) WHERE ref IS NOT NULL;
    CREATE TABLE store (space TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (space, key)) WITHOUT ROWID;
    """
