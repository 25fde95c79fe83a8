"""Version 5: replies in threads and who follows which, messages that grow, and mentions by when they arose."""

SQL = """
    -- a reply in a thread: the id of its root; where the timeline leaves it out, too, back: the id of the newest
    -- message of the timeline before it, or (channels.no << 40) if there was none
    ALTER TABLE messages ADD COLUMN thread INTEGER;
    ALTER TABLE messages ADD COLUMN back INTEGER;
    CREATE INDEX threads ON messages (thread) WHERE thread IS NOT NULL;
    CREATE INDEX replies ON messages (back) WHERE back IS NOT NULL;
    -- a reply that was deleted and its root were changed under one number
    DROP INDEX revs;
    CREATE INDEX revs ON messages (rev_key) WHERE rev_key IS NOT NULL;
    -- user: in senders; read: up to which number they have read; followed: 0 if they want it so, NULL: not asked yet
    CREATE TABLE follows (
        user INTEGER, root INTEGER, read INTEGER NOT NULL, followed INTEGER, PRIMARY KEY (user, root)
    ) WITHOUT ROWID;
    CREATE INDEX followers ON follows (root);
    -- what a server that is killed leaves unfinished
    CREATE TABLE growing (message INTEGER PRIMARY KEY);
    -- user: in senders, or 0 for everyone (@channel); time: when it arose, ms since 1970
    ALTER TABLE mentions ADD COLUMN time INTEGER NOT NULL DEFAULT 0;
    UPDATE mentions SET time = coalesce((SELECT time FROM messages WHERE id = message), 0);
    CREATE INDEX mention_times ON mentions (user, number >> 40, time, message);
    """
