"""Version 3: messages that change."""

SQL = """
    -- the newest number of a change or a trimmed message; that of a message that is there is in its id
    ALTER TABLE channels ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
    UPDATE channels SET last = floor;
    -- (channels.no << 40) + rev, once it was changed; further fields, as JSON; of a changed text, what was first sent
    ALTER TABLE messages ADD COLUMN rev_key INTEGER;
    ALTER TABLE messages ADD COLUMN extra TEXT;
    ALTER TABLE messages ADD COLUMN digest TEXT;
    CREATE UNIQUE INDEX revs ON messages (rev_key) WHERE rev_key IS NOT NULL;
    CREATE TABLE reactions (
        message INTEGER, key TEXT, number INTEGER, sender INTEGER NOT NULL, PRIMARY KEY (message, key, number)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX reactors ON reactions (message, key, sender);
    CREATE TABLE pins (message INTEGER PRIMARY KEY);
    -- the calls that changed a message, and what they were answered with; those that posted are in messages
    CREATE TABLE change_refs (
        sender INTEGER, ref TEXT, digest TEXT NOT NULL, message INTEGER NOT NULL, number INTEGER NOT NULL,
        time INTEGER NOT NULL, PRIMARY KEY (sender, ref)
    ) WITHOUT ROWID;
    CREATE INDEX change_times ON change_refs (time);
    """
