"""The index of search. What is in it, and how: see indexing.py."""

SQL = """
    -- channel: its number; indexed: up to which number of the channel the index has its messages as they are
    CREATE TABLE search_channels (channel integer PRIMARY KEY, indexed bigint NOT NULL DEFAULT 0);
    -- a run of a channel's messages: the ids of the first and the last, when the first and the last of them in time
    -- were sent, how many there are, and their words
    CREATE TABLE search_runs (
        first bigint PRIMARY KEY, last bigint NOT NULL, since bigint NOT NULL, until bigint NOT NULL,
        messages smallint NOT NULL, words tsvector NOT NULL
    );
    -- block: of ids, see indexing.py; nothing of its runs was sent before `since`, nor after `until`
    CREATE TABLE search_blocks (block bigint PRIMARY KEY, since bigint NOT NULL, until bigint NOT NULL);
    -- fastupdate: each search would look through the pending ones, of whatever channel they are
    CREATE INDEX search_words ON search_runs USING gin (words) WITH (fastupdate = off);
    """
