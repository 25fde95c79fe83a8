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
    -- those that are not new. p_senders to p_tails: lists, a message each, in one text, which is written faster than
    -- an array: p_marks has what stands between two of them, and what stands for NULL. p_keys: in hex. p_channels:
    -- each channel once; p_mentions, p_growing: by the places of their messages. p_tails, p_pieces: see wire.py.
    CREATE FUNCTION append_1(
        p_writer text, p_batch bigint, p_node text, p_topic text, p_marks text[], p_channels text, p_nos text,
        p_times text, p_pieces text, p_senders text, p_names text, p_texts text, p_refs text, p_keys text,
        p_tails text,
        p_extras text[], p_threads bigint[], p_backs bigint[],
        p_growing integer[], p_mentions integer[], p_mentioned text[]
    ) RETURNS bigint[] LANGUAGE plpgsql AS $$
    DECLARE
        between text := p_marks[1];
        missing text := p_marks[2];
        times bigint[] := p_times::bigint[];
        keys text[] := string_to_array(p_keys, between, missing);
        stored bigint[];
    BEGIN
        IF begin_batch_1(p_writer, p_batch) THEN
            SELECT b.ids INTO stored FROM batches b WHERE writer = p_writer;
            RETURN stored;
        END IF;
        PERFORM lock_channels_1(p_channels::integer[]);
        -- Narrow rows are sorted and joined; wide ones are read from their arrays once.
        WITH given AS MATERIALIZED (
            SELECT no, place, key IS NULL OR (
                (SELECT m.id FROM messages m WHERE m.ref_key = decode(key, 'hex')) IS NULL
                AND (SELECT r.number FROM change_refs r WHERE r.ref_key = decode(key, 'hex')) IS NULL
            ) AS is_new
            FROM unnest(p_nos::integer[], keys) WITH ORDINALITY AS g (no, key, place)
        ), drawn AS (
            UPDATE channels c SET last = c.last + n.count
            FROM (SELECT no, count(*) FROM given WHERE is_new GROUP BY no) n WHERE c.no = n.no
            RETURNING c.no, (c.no::bigint << 40) + c.last - n.count AS before
        )
        SELECT array_agg(before + n ORDER BY place) INTO stored FROM (
            SELECT place, before, CASE WHEN is_new THEN count(*) FILTER (WHERE is_new) OVER (
                PARTITION BY no ORDER BY place ROWS UNBOUNDED PRECEDING
            ) END AS n
            FROM given LEFT JOIN drawn USING (no)
        ) numbered;
        INSERT INTO messages (id, sender, name, text, time, ref, ref_key, extra, thread, back)
        SELECT id, sender, name, text, time, ref, decode(key, 'hex'), extra, thread, back
        FROM unnest(
            stored, string_to_array(p_senders, between, missing), string_to_array(p_names, between, missing),
            string_to_array(p_texts, between), times, string_to_array(p_refs, between, missing), keys,
            p_extras, p_threads, p_backs
        ) AS g (id, sender, name, text, time, ref, key, extra, thread, back) WHERE id IS NOT NULL;
        PERFORM pg_notify(p_topic, p_writer || '['
            || string_agg('[' || (id & 1099511627775) || ',' || tail, ',' ORDER BY place) || ']')
        FROM unnest(stored, string_to_array(p_tails, between, missing), p_pieces::integer[])
            WITH ORDINALITY AS g (id, tail, piece, place)
        WHERE id IS NOT NULL AND tail IS NOT NULL GROUP BY piece;
        IF p_growing IS NOT NULL THEN
            INSERT INTO growing SELECT stored[place], p_node FROM unnest(p_growing) AS place
            WHERE stored[place] IS NOT NULL;
        END IF;
        IF p_mentions IS NOT NULL THEN
            INSERT INTO mentions SELECT who, stored[place], stored[place], times[place]
            FROM unnest(p_mentions, p_mentioned) AS g (place, who) WHERE stored[place] IS NOT NULL;
        END IF;
        UPDATE batches SET batch = p_batch, ids = stored WHERE writer = p_writer;
        RETURN stored;
    END $$;
    """
