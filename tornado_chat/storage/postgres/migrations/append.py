"""The functions that store messages. Nodes of two versions run at the same time, each with those of its version."""

SQL = """
    -- the last batch of messages that a process has stored, and their ids: it may be told to store it again, when its
    -- answer was lost. writer: drawn at random by each; node: its name
    CREATE TABLE batches (
        writer text PRIMARY KEY, node text NOT NULL, batch bigint NOT NULL DEFAULT 0, ids bigint[]
    ) WITH (fillfactor = 10);

    -- Begin to store a batch. True if it is stored already.
    CREATE FUNCTION begin_batch_1(p_writer text, p_batch bigint) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE stored bigint;
    BEGIN
        SELECT batch INTO stored FROM batches WHERE writer = p_writer FOR UPDATE;
        IF NOT FOUND THEN RAISE 'another process has the name of this node'; END IF;
        RETURN stored >= p_batch;
    END $$;

    -- Lock channels, each until the end of the transaction. All do so in the order of their names.
    CREATE FUNCTION lock_channels_1(p_nos integer[]) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM channels WHERE no = ANY(p_nos) ORDER BY name FOR UPDATE;
    END $$;

    -- Number and insert the messages whose key is new, and tell all nodes of them; return the ids of all, NULL for
    -- those that are not new. Arrays of one length: a message each; p_channels: each channel once; p_mentions,
    -- p_growing: by the places of their messages. p_tails, p_pieces: see wire.py.
    CREATE FUNCTION append_1(
        p_writer text, p_batch bigint, p_node text, p_topic text, p_channels integer[],
        p_nos integer[], p_senders text[], p_names text[], p_texts text[], p_times bigint[], p_refs text[],
        p_keys bytea[], p_tails text[], p_pieces integer[], p_extras text[], p_threads bigint[], p_backs bigint[],
        p_growing integer[], p_mentions integer[], p_mentioned text[]
    ) RETURNS bigint[] LANGUAGE plpgsql AS $$
    DECLARE
        stored bigint[];
        told bigint;
    BEGIN
        IF begin_batch_1(p_writer, p_batch) THEN
            SELECT b.ids INTO stored FROM batches b WHERE writer = p_writer;
            RETURN stored;
        END IF;
        PERFORM lock_channels_1(p_channels);
        WITH given AS MATERIALIZED (
            SELECT * FROM unnest(
                p_nos, p_senders, p_names, p_texts, p_times, p_refs, p_keys, p_tails, p_pieces, p_extras, p_threads,
                p_backs
            ) WITH ORDINALITY AS g (
                no, sender, name, text, time, ref, key, tail, piece, extra, thread, back, place
            )
        ), new AS MATERIALIZED (
            SELECT g.*, (g.no::bigint << 40)
                + (SELECT c.last FROM channels c WHERE c.no = g.no)
                + row_number() OVER (PARTITION BY g.no ORDER BY g.place) AS id
            FROM given g
            WHERE g.key IS NULL OR (
                (SELECT m.id FROM messages m WHERE m.ref_key = g.key) IS NULL
                AND (SELECT r.number FROM change_refs r WHERE r.ref_key = g.key) IS NULL
            )
        ), inserted AS (
            INSERT INTO messages (id, sender, name, text, time, ref, ref_key, extra, thread, back)
            SELECT id, sender, name, text, time, ref, key, extra, thread, back FROM new
        ), drawn AS (
            UPDATE channels c SET last = n.id & 1099511627775
            FROM (SELECT no, max(id) AS id FROM new GROUP BY no) n WHERE c.no = n.no
        ), notified AS MATERIALIZED (
            SELECT pg_notify(p_topic, p_writer || '['
                || string_agg('[' || (id & 1099511627775) || ',' || tail, ',' ORDER BY place) || ']')
            FROM new WHERE tail IS NOT NULL GROUP BY piece
        )
        SELECT array_agg(n.id ORDER BY g.place), (SELECT count(*) FROM notified) INTO stored, told
        FROM given g LEFT JOIN new n ON n.place = g.place;
        IF p_growing IS NOT NULL THEN
            INSERT INTO growing SELECT stored[place], p_node FROM unnest(p_growing) AS place
            WHERE stored[place] IS NOT NULL;
        END IF;
        IF p_mentions IS NOT NULL THEN
            INSERT INTO mentions SELECT who, stored[place], stored[place], p_times[place]
            FROM unnest(p_mentions, p_mentioned) AS g (place, who) WHERE stored[place] IS NOT NULL;
        END IF;
        UPDATE batches SET batch = p_batch, ids = stored WHERE writer = p_writer;
        RETURN stored;
    END $$;
    """
