"""Files that people share, which messages have them, and what comes and goes of them.

Whatever counts space or looks at blobs does so one after another in the cluster: `count_files_1` first, then the rows
of uploads, blobs and space. Before it come the rows of channels and messages, and those of files by their numbers.
"""

SQL = """
    -- blob: in blobs; made: ms since 1970; posted: whether a message has it; more: JSON of what a picture has;
    -- taken: bytes of the disk, those of thumbnails included
    CREATE TABLE files (
        no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE,
        owner text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL,
        made bigint NOT NULL, blob text COLLATE "C" NOT NULL, size bigint NOT NULL,
        posted boolean NOT NULL DEFAULT false, more text COLLATE "C", taken bigint NOT NULL
    );
    -- by hash, as an owner may be longer than a row of a tree
    CREATE INDEX files_of ON files USING hash (owner);
    CREATE INDEX unposted ON files (made) WHERE NOT posted;
    -- unused: since when no file has it, ms since 1970; NULL while one has
    CREATE TABLE blobs (name text COLLATE "C" PRIMARY KEY, size bigint NOT NULL, unused bigint);
    CREATE INDEX unused ON blobs (unused) WHERE unused IS NOT NULL;
    -- the bytes of a file, and those of its thumbnails
    CREATE TABLE file_blobs (file bigint, blob text COLLATE "C", PRIMARY KEY (file, blob));
    CREATE INDEX blob_files ON file_blobs (blob);
    -- message: in messages
    CREATE TABLE attachments (message bigint, file bigint, PRIMARY KEY (message, file));
    CREATE INDEX attached ON attachments (file);
    -- size: that it is to have; file: the number of the one that it has become, NULL until then
    CREATE TABLE uploads (
        id text COLLATE "C" PRIMARY KEY, owner text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL,
        size bigint NOT NULL, made bigint NOT NULL, file bigint
    );
    CREATE INDEX uploads_of ON uploads USING hash (owner);
    CREATE INDEX begun_uploads ON uploads (made);
    CREATE INDEX finished_uploads ON uploads (file) WHERE file IS NOT NULL;
    -- of a user, or of the server (owner ''), and the number of the file; it counts as posted
    CREATE TABLE pictures (
        owner text COLLATE "C" NOT NULL, file bigint NOT NULL, EXCLUDE USING hash (owner WITH =)
    );
    -- how much the files of somebody take, with the uploads that have not become files; owner '*': all of it, with
    -- thumbnails and what is gone. Each file takes a block of the disk at least.
    CREATE TABLE file_space (
        owner text COLLATE "C" NOT NULL, bytes bigint NOT NULL, EXCLUDE USING hash (owner WITH =)
    );
    INSERT INTO file_space VALUES ('*', 0);
    -- files that are gone, whose bytes are still there: since when (ms), and how much of the disk they take
    CREATE TABLE files_gone (time bigint NOT NULL, taken bigint NOT NULL);
    CREATE INDEX gone_since ON files_gone (time);

    -- Wait until nobody else counts; it is on this transaction until it ends.
    CREATE FUNCTION count_files_1() RETURNS void LANGUAGE sql AS $$
        SELECT bytes FROM file_space WHERE owner = '*' FOR UPDATE
    $$;

    CREATE FUNCTION add_space_1(who text, more bigint) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE file_space SET bytes = bytes + more WHERE owner = who;
        IF NOT FOUND THEN
            INSERT INTO file_space VALUES (who, more);
        END IF;
        DELETE FROM file_space WHERE owner = who AND bytes = 0 AND who != '*';
    END $$;

    -- of a file or an upload
    CREATE FUNCTION space_of_1(size bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
        SELECT greatest(size, 4096)
    $$;

    CREATE FUNCTION files_counted_1() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            PERFORM add_space_1(new.owner, space_of_1(new.size));
            PERFORM add_space_1('*', new.taken);
        ELSIF TG_OP = 'DELETE' THEN
            PERFORM add_space_1(old.owner, -space_of_1(old.size));
        ELSE
            PERFORM add_space_1(old.owner, -space_of_1(old.size));
            PERFORM add_space_1(new.owner, space_of_1(new.size));
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER file_counted AFTER INSERT OR DELETE ON files FOR EACH ROW EXECUTE FUNCTION files_counted_1();
    CREATE TRIGGER file_given AFTER UPDATE OF owner ON files FOR EACH ROW WHEN (old.owner != new.owner)
        EXECUTE FUNCTION files_counted_1();

    CREATE FUNCTION space_freed_1() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM add_space_1('*', -old.taken);
        RETURN NULL;
    END $$;
    CREATE TRIGGER space_freed AFTER DELETE ON files_gone FOR EACH ROW EXECUTE FUNCTION space_freed_1();

    -- of uploads that have become no file
    CREATE FUNCTION uploads_counted_1() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            PERFORM add_space_1(new.owner, space_of_1(new.size));
            PERFORM add_space_1('*', space_of_1(new.size));
        ELSE
            PERFORM add_space_1(old.owner, -space_of_1(old.size));
            PERFORM add_space_1('*', -space_of_1(old.size));
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER upload_added AFTER INSERT ON uploads FOR EACH ROW EXECUTE FUNCTION uploads_counted_1();
    CREATE TRIGGER upload_removed AFTER DELETE ON uploads FOR EACH ROW WHEN (old.file IS NULL)
        EXECUTE FUNCTION uploads_counted_1();
    CREATE TRIGGER upload_finished AFTER UPDATE OF file ON uploads FOR EACH ROW WHEN (old.file IS NULL)
        EXECUTE FUNCTION uploads_counted_1();

    -- Delete those of some files (numbers) that no message has. Bytes that no other file has are unused from now on.
    -- now: ms since 1970
    CREATE FUNCTION remove_files_1(asked bigint[], now bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        these bigint[];
        names text[];
    BEGIN
        -- in this order, as all do; and from here on nobody attaches them
        PERFORM 1 FROM files WHERE no = ANY(asked) ORDER BY no FOR UPDATE;
        SELECT array_agg(no) INTO these FROM files WHERE no = ANY(asked)
            AND NOT EXISTS (SELECT 1 FROM attachments WHERE file = no);
        IF these IS NULL THEN
            RETURN;
        END IF;
        PERFORM count_files_1();
        WITH gone AS (DELETE FROM file_blobs WHERE file = ANY(these) RETURNING blob)
            SELECT array_agg(DISTINCT blob) INTO names FROM gone;
        DELETE FROM uploads WHERE file = ANY(these);
        INSERT INTO files_gone SELECT now, taken FROM files WHERE no = ANY(these);
        DELETE FROM files WHERE no = ANY(these);
        UPDATE blobs SET unused = now WHERE name = ANY(names)
            AND NOT EXISTS (SELECT 1 FROM file_blobs WHERE blob = name);
    END $$;

    -- Note that the messages between two ids have no files any more; what no other message has goes.
    CREATE FUNCTION detach_files_1(lowest bigint, highest bigint, now bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        found bigint[];
    BEGIN
        WITH gone AS (DELETE FROM attachments WHERE message BETWEEN lowest AND highest RETURNING file)
            SELECT array_agg(DISTINCT file) INTO found FROM gone;
        IF found IS NOT NULL THEN
            PERFORM remove_files_1(found, now);
        END IF;
    END $$;
    """
