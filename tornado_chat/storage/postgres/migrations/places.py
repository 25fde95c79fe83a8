"""Records of channels, memberships, and what people are called. These go by the names of channels, not by numbers.

A transaction locks records in the order of their names, and before the memberships in them, unless it writes no more
of these than how they are used. What meets another's all the same is repeated (see Engine.write).
"""

SQL = """
    -- key: what a channel is found by; members: how many; open, plugins: JSON; made: ms since 1970
    CREATE TABLE channel_records (
        name text COLLATE "C" PRIMARY KEY, key text COLLATE "C" NOT NULL, members bigint NOT NULL DEFAULT 0,
        kind text COLLATE "C" NOT NULL, title text COLLATE "C" NOT NULL, topic text COLLATE "C" NOT NULL,
        description text COLLATE "C" NOT NULL, posting text COLLATE "C" NOT NULL, slow bigint NOT NULL,
        edit_window bigint, newcomers text COLLATE "C" NOT NULL, open text COLLATE "C" NOT NULL,
        listed boolean NOT NULL, archived boolean NOT NULL, creator text COLLATE "C" NOT NULL, made bigint NOT NULL,
        people text[] COLLATE "C" NOT NULL, plugins text COLLATE "C" NOT NULL
    ) WITH (fillfactor = 80);
    CREATE INDEX listed_channels ON channel_records (name) WHERE listed AND kind = 'public';
    CREATE INDEX empty_channels ON channel_records (name) WHERE members = 0;
    -- the direct conversation of these people, until one of them is removed
    CREATE TABLE direct (members_key text COLLATE "C" PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE);

    -- sees: JSON; ended: 0 while it lasts; the times in ms since 1970
    CREATE TABLE memberships (
        "user" text COLLATE "C", channel text COLLATE "C", role text COLLATE "C" NOT NULL, since bigint NOT NULL,
        began bigint NOT NULL, sees text COLLATE "C", read bigint NOT NULL, level text COLLATE "C" NOT NULL,
        level_until bigint NOT NULL, silenced_until bigint NOT NULL, ended bigint NOT NULL,
        kept_out_until bigint NOT NULL, hidden boolean NOT NULL, PRIMARY KEY ("user", channel)
    ) WITH (fillfactor = 80);
    CREATE INDEX members ON memberships (channel, ended, "user");
    CREATE INDEX ranked ON memberships (channel) WHERE ended = 0 AND role != 'member';
    -- see place_rows.HEIRS
    CREATE INDEX heirs ON memberships (
        channel, (strpos("user", ':') = 0 OR starts_with("user", 'g:')), (silenced_until > 0), began, "user"
    ) WHERE ended = 0 AND role = 'member';
    CREATE INDEX ended_memberships ON memberships (ended) WHERE ended > 0;
    CREATE INDEX silences ON memberships (silenced_until) WHERE silenced_until > 0;

    -- channels, counts: how many more members each has
    CREATE FUNCTION count_members_1(channels text[], counts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF channels IS NOT NULL THEN
            PERFORM 1 FROM channel_records WHERE name = ANY(channels) ORDER BY name FOR NO KEY UPDATE;
            UPDATE channel_records r SET members = r.members + g.more
                FROM unnest(channels, counts) AS g (channel, more) WHERE r.name = g.channel;
        END IF;
    END $$;
    CREATE FUNCTION members_added_1() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM count_members_1(array_agg(channel), array_agg(more)) FROM (
            SELECT channel, count(*) AS more FROM new_rows WHERE ended = 0 GROUP BY channel) g;
        RETURN NULL;
    END $$;
    CREATE FUNCTION members_removed_1() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM count_members_1(array_agg(channel), array_agg(more)) FROM (
            SELECT channel, -count(*) AS more FROM old_rows WHERE ended = 0 GROUP BY channel) g;
        RETURN NULL;
    END $$;
    CREATE FUNCTION members_changed_1() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM count_members_1(array_agg(channel), array_agg(more)) FROM (
            SELECT channel, sum(more)::bigint AS more FROM (
                SELECT channel, 1 AS more FROM new_rows WHERE ended = 0
                UNION ALL SELECT channel, -1 FROM old_rows WHERE ended = 0) c
            GROUP BY channel HAVING sum(more) != 0) g;
        RETURN NULL;
    END $$;
    CREATE TRIGGER members_added AFTER INSERT ON memberships REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION members_added_1();
    CREATE TRIGGER members_removed AFTER DELETE ON memberships REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION members_removed_1();
    CREATE TRIGGER members_changed AFTER UPDATE ON memberships REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION members_changed_1();

    -- key: all names with it look the same; seen: when somebody was last here
    CREATE TABLE people (
        id text COLLATE "C" PRIMARY KEY, name text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
        seen bigint NOT NULL, guest boolean NOT NULL
    );
    CREATE INDEX people_by_key ON people (key);
    CREATE INDEX guests ON people (seen) WHERE guest;
    -- what commands want done by a server that runs; settings: JSON, NULL: the channel is to be deleted
    CREATE TABLE channel_orders (
        no bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name text COLLATE "C" NOT NULL,
        settings text COLLATE "C"
    );
    """
