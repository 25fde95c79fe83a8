"""The servers of a cluster, and what they do by turns."""

SQL = """
    -- Which process a name stands for: a process that takes a name, or takes it again, draws a number that is higher.
    CREATE SEQUENCE boots;
    -- seen: when the node last said, by this table, that it lives; sessions: what its connections are called;
    -- address: where it runs, for people. Not UNLOGGED: when the database comes back from a crash, all still live.
    CREATE TABLE nodes (
        name text COLLATE "C" PRIMARY KEY, boot bigint NOT NULL, seen timestamptz NOT NULL, sessions text NOT NULL,
        address text NOT NULL, version text NOT NULL
    ) WITH (fillfactor = 50);
    -- Make the row of a node; `over`: also where there is one, which is told of. No row is made, and `taken` is null,
    -- where there is one and not `over`. One at a time, as numbers are drawn in one order and stored in another.
    CREATE FUNCTION take_node_1(
        own text, own_sessions text, own_address text, own_version text, over boolean,
        OUT taken bigint, OUT old_sessions text, OUT old_address text
    ) LANGUAGE plpgsql AS $$
    BEGIN
        LOCK TABLE nodes IN SHARE ROW EXCLUSIVE MODE;
        SELECT sessions, address INTO old_sessions, old_address FROM nodes WHERE name = own;
        IF over OR NOT FOUND THEN
            INSERT INTO nodes (name, boot, seen, sessions, address, version)
                VALUES (own, nextval('boots'), clock_timestamp(), own_sessions, own_address, own_version)
                ON CONFLICT (name) DO UPDATE SET boot = excluded.boot, seen = excluded.seen,
                    sessions = excluded.sessions, address = excluded.address, version = excluded.version
                RETURNING boot INTO taken;
        END IF;
    END $$;
    -- due: before then it is nobody's turn
    CREATE TABLE timers (name text COLLATE "C" PRIMARY KEY, due timestamptz NOT NULL);
    """
