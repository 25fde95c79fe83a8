"""Messages and their changes."""

SQL = """
    -- last: the newest number that was drawn; floor: up to which its messages are deleted
    CREATE TABLE channels (
        no integer PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE,
        floor bigint NOT NULL DEFAULT 0, last bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 50);
    -- id: (channels.no << 40) + seq; sender: a user's id; ref_key: a digest of sender and ref, unique for ever;
    -- rev_key: (no << 40) + rev, once it was changed; extra: JSON; digest: of a changed text, what was first sent;
    -- thread: of a reply, the id of its root; back: of one that stands in its thread alone, the id of the newest
    -- message of the channel's timeline before it, or (channels.no << 40) if there was none, NULL for all others;
    -- active: of a root, when the newest of its replies was posted
    CREATE TABLE messages (
        id bigint PRIMARY KEY, sender text COLLATE "C", name text COLLATE "C", text text COLLATE "C" NOT NULL,
        time bigint NOT NULL, ref text COLLATE "C", ref_key bytea, rev_key bigint, extra text COLLATE "C",
        digest text COLLATE "C", thread bigint, back bigint, active bigint
    );
    CREATE UNIQUE INDEX refs ON messages (ref_key) WHERE ref_key IS NOT NULL;
    CREATE INDEX revs ON messages (rev_key) WHERE rev_key IS NOT NULL;
    CREATE INDEX threads ON messages (thread, id) WHERE thread IS NOT NULL;
    CREATE INDEX replies ON messages (back, id) WHERE back IS NOT NULL;
    CREATE TABLE reactions (
        message bigint, key text COLLATE "C", number bigint, sender text COLLATE "C" NOT NULL,
        PRIMARY KEY (message, key, number)
    );
    CREATE UNIQUE INDEX reactors ON reactions (message, key, sender);
    CREATE TABLE pins (message bigint PRIMARY KEY);
    -- the calls that changed a message, and what they were answered with; those that posted are in messages
    CREATE TABLE change_refs (
        ref_key bytea PRIMARY KEY, digest text NOT NULL, message bigint NOT NULL, number bigint NOT NULL,
        time bigint NOT NULL, sender text COLLATE "C" NOT NULL, ref text COLLATE "C" NOT NULL
    );
    CREATE INDEX change_times ON change_refs (time);
    -- what a node that is killed leaves unfinished; node: its name
    CREATE TABLE growing (message bigint PRIMARY KEY, node text NOT NULL);
    -- user: an id, or '' for everyone (@channel); number: (channels.no << 40) + the number at which it arose;
    -- time: when, ms since 1970
    CREATE TABLE mentions (
        "user" text COLLATE "C", number bigint, message bigint, time bigint NOT NULL,
        PRIMARY KEY ("user", number, message)
    );
    CREATE INDEX mentioned ON mentions (message, "user");
    CREATE INDEX mention_times ON mentions ("user", (number >> 40), time, message);
    """
