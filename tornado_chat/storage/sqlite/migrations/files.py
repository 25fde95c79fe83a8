"""Files that people share, which messages have them, and what comes and goes of them."""

SQL = """
    -- blob: in blobs; made: ms since 1970; posted: whether a message has it; more: JSON of what a picture has;
    -- taken: bytes of the disk, those of thumbnails included
    CREATE TABLE files (
        no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
        made INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, posted INTEGER NOT NULL DEFAULT 0,
        more TEXT, taken INTEGER NOT NULL
    );
    CREATE INDEX files_of ON files (owner);
    CREATE INDEX unposted ON files (made) WHERE NOT posted;
    -- unused: since when no file has it, ms since 1970; NULL while one has
    CREATE TABLE blobs (name TEXT PRIMARY KEY, size INTEGER NOT NULL, unused INTEGER) WITHOUT ROWID;
    CREATE INDEX unused ON blobs (unused) WHERE unused NOTNULL;
    -- the bytes of a file, and those of its thumbnails
    CREATE TABLE file_blobs (file INTEGER, blob TEXT, PRIMARY KEY (file, blob)) WITHOUT ROWID;
    CREATE INDEX blob_files ON file_blobs (blob);
    -- message: in messages
    CREATE TABLE attachments (message INTEGER, file INTEGER, PRIMARY KEY (message, file)) WITHOUT ROWID;
    CREATE INDEX attached ON attachments (file);
    -- size: that it is to have; file: the number of the one that it has become, NULL until then
    CREATE TABLE uploads (
        id TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, made INTEGER NOT NULL,
        file INTEGER
    ) WITHOUT ROWID;
    CREATE INDEX finished_uploads ON uploads (file) WHERE file NOTNULL;
    -- of a user, or of the server (owner ''), and the number of the file; it counts as posted
    CREATE TABLE pictures (owner TEXT PRIMARY KEY, file INTEGER NOT NULL) WITHOUT ROWID;
    -- how much the files of somebody take, with the uploads that have not become files; owner '*': all of it, with
    -- thumbnails and what is gone. Each file takes a block of the disk at least.
    CREATE TABLE file_space (owner TEXT PRIMARY KEY, bytes INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TRIGGER file_added AFTER INSERT ON files BEGIN
        INSERT INTO file_space VALUES (new.owner, max(new.size, 4096)), ('*', new.taken)
            ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER file_removed AFTER DELETE ON files BEGIN
        UPDATE file_space SET bytes = bytes - max(old.size, 4096) WHERE owner = old.owner;
        DELETE FROM file_space WHERE owner = old.owner AND bytes = 0;
    END;
    -- files that are gone, whose bytes are still there: since when (ms), and how much of the disk they take
    CREATE TABLE files_gone (time INTEGER NOT NULL, taken INTEGER NOT NULL);
    CREATE TRIGGER space_freed AFTER DELETE ON files_gone BEGIN
        UPDATE file_space SET bytes = bytes - old.taken WHERE owner = '*';
    END;
    CREATE TRIGGER file_given AFTER UPDATE OF owner ON files WHEN old.owner != new.owner BEGIN
        UPDATE file_space SET bytes = bytes - max(old.size, 4096) WHERE owner = old.owner;
        DELETE FROM file_space WHERE owner = old.owner AND bytes = 0;
        INSERT INTO file_space VALUES (new.owner, max(new.size, 4096))
            ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER upload_added AFTER INSERT ON uploads BEGIN
        INSERT INTO file_space VALUES (new.owner, max(new.size, 4096)), ('*', max(new.size, 4096))
            ON CONFLICT (owner) DO UPDATE SET bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER upload_removed AFTER DELETE ON uploads WHEN old.file IS NULL BEGIN
        UPDATE file_space SET bytes = bytes - max(old.size, 4096) WHERE owner IN (old.owner, '*');
        DELETE FROM file_space WHERE owner = old.owner AND bytes = 0;
    END;
    CREATE TRIGGER upload_finished AFTER UPDATE OF file ON uploads WHEN old.file IS NULL BEGIN
        UPDATE file_space SET bytes = bytes - max(old.size, 4096) WHERE owner IN (old.owner, '*');
    END;
    """
