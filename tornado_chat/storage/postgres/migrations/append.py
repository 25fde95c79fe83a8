"""The functions that store messages. Nodes of two versions run at the same time, each with those of its version."""

SQL = """
    -- the last batch of messages that a process has stored, and their ids: it may be told to store it again, when its
    -- answer was lost. writer: drawn at random by each; node: its name
    CREATE TABLE batches (
        writer text PRIMARY KEY, node text NOT NULL, batch bigint NOT NULL DEFAULT 0, ids bigint[]
    ) WITH (fillfactor = 10);
    ALTER TABLE batches ALTER ids SET STORAGE PLAIN;  -- else each batch is compressed, or written into two tables

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

    -- Draw the next numbers of channels, which must be locked, for those messages whose key is new; return the ids of
    -- all, NULL for those that are not new. Lists, a message each: the number of its channel, NULL for one that is
    -- not to be stored, and its key in hex. Lists are texts, which are written faster than arrays: p_marks has what
    -- stands between two of them, and what stands for NULL.
    CREATE FUNCTION draw_1(p_nos text, p_keys text, p_marks text[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
    DECLARE drawn bigint[];
    BEGIN
        WITH given AS MATERIALIZED (
            SELECT no, place, key IS NULL OR (
                (SELECT m.id FROM messages m WHERE m.ref_key = decode(key, 'hex')) IS NULL
                AND (SELECT r.number FROM change_refs r WHERE r.ref_key = decode(key, 'hex')) IS NULL
            ) AS is_new
            FROM unnest(p_nos::integer[], string_to_array(p_keys, p_marks[1], p_marks[2]))
                WITH ORDINALITY AS g (no, key, place)
        ), moved AS (
            UPDATE channels c SET last = c.last + n.count
            FROM (SELECT no, count(*) FROM given WHERE is_new GROUP BY no) n WHERE c.no = n.no
            RETURNING c.no, (c.no::bigint << 40) + c.last - n.count AS before
        )
        SELECT array_agg(before + n ORDER BY place) INTO drawn FROM (
            SELECT place, before, CASE WHEN is_new THEN count(*) FILTER (WHERE is_new) OVER (
                PARTITION BY no ORDER BY place ROWS UNBOUNDED PRECEDING
            ) END AS n
            FROM given LEFT JOIN moved USING (no)
        ) numbered;
        RETURN drawn;
    END $$;

    -- Insert the messages that have drawn an id, tell all nodes of them, and end the batch. p_tails, p_pieces: see
    -- wire.py; without a tail, nobody is told. p_mentions, p_growing: by the places of their messages.
    CREATE FUNCTION insert_1(
        p_writer text, p_batch bigint, p_node text, p_topic text, p_ids bigint[], p_keys text, p_marks text[],
        p_times text, p_senders text, p_names text, p_texts text, p_refs text, p_tails text, p_pieces text,
        p_extras text[], p_threads bigint[], p_backs bigint[],
        p_growing integer[], p_mentions integer[], p_mentioned text[]
    ) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        between text := p_marks[1];
        missing text := p_marks[2];
        times bigint[] := p_times::bigint[];
    BEGIN
        INSERT INTO messages (id, sender, name, text, time, ref, ref_key, extra, thread, back)
        SELECT id, sender, name, text, time, ref, decode(key, 'hex'), extra, thread, back
        FROM unnest(
            p_ids, string_to_array(p_senders, between, missing), string_to_array(p_names, between, missing),
            string_to_array(p_texts, between), times, string_to_array(p_refs, between, missing),
            string_to_array(p_keys, between, missing), p_extras, p_threads, p_backs
        ) AS g (id, sender, name, text, time, ref, key, extra, thread, back) WHERE id IS NOT NULL;
        PERFORM pg_notify(p_topic, p_writer || '['
            || string_agg('[' || (id & 1099511627775) || ',' || tail, ',' ORDER BY place) || ']')
        FROM unnest(p_ids, string_to_array(p_tails, between, missing), p_pieces::integer[])
            WITH ORDINALITY AS g (id, tail, piece, place)
        WHERE id IS NOT NULL AND tail IS NOT NULL GROUP BY piece;
        IF p_growing IS NOT NULL THEN
            INSERT INTO growing SELECT p_ids[place], p_node FROM unnest(p_growing) AS place
            WHERE p_ids[place] IS NOT NULL;
        END IF;
        IF p_mentions IS NOT NULL THEN
            INSERT INTO mentions SELECT who, p_ids[place], p_ids[place], times[place]
            FROM unnest(p_mentions, p_mentioned) AS g (place, who) WHERE p_ids[place] IS NOT NULL;
        END IF;
        UPDATE batches SET batch = p_batch, ids = p_ids WHERE writer = p_writer;
    END $$;

    -- Do all of that with messages that need nothing else; return the ids of all, as draw_1 does. p_channels: the
    -- numbers of their channels, each once.
    CREATE FUNCTION append_1(
        p_writer text, p_batch bigint, p_node text, p_topic text, p_channels text, p_nos text, p_keys text,
        p_marks text[], p_times text, p_senders text, p_names text, p_texts text, p_refs text, p_tails text,
        p_pieces text, p_extras text[], p_growing integer[], p_mentions integer[], p_mentioned text[]
    ) RETURNS bigint[] LANGUAGE plpgsql AS $$
    DECLARE drawn bigint[];
    BEGIN
        IF begin_batch_1(p_writer, p_batch) THEN
            RETURN (SELECT ids FROM batches WHERE writer = p_writer);
        END IF;
        PERFORM lock_channels_1(p_channels::integer[]);
        drawn := draw_1(p_nos, p_keys, p_marks);
        PERFORM insert_1(
            p_writer, p_batch, p_node, p_topic, drawn, p_keys, p_marks, p_times, p_senders, p_names, p_texts, p_refs,
            p_tails, p_pieces, p_extras, NULL, NULL, p_growing, p_mentions, p_mentioned
        );
        RETURN drawn;
    END $$;
    """
