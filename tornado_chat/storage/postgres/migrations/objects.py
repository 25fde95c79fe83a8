"""Files whose bytes are in a bucket: uploads, in pieces until they are complete, and blobs."""

SQL = """
    -- bytes, in so many pieces: how many are there; written: when the last of them came, ms since 1970;
    -- blob: what was made of them
    CREATE TABLE object_uploads (
        id text COLLATE "C" PRIMARY KEY, bytes bigint NOT NULL DEFAULT 0, pieces integer NOT NULL DEFAULT 0,
        written bigint NOT NULL, blob text COLLATE "C"
    );
    CREATE INDEX standing_uploads ON object_uploads (written);
    -- at: where it begins in the upload; object: its key in the bucket
    CREATE TABLE object_pieces (
        upload text COLLATE "C", at bigint, size bigint NOT NULL, object text COLLATE "C" NOT NULL UNIQUE,
        PRIMARY KEY (upload, at)
    );
    -- name: SHA-256 of its bytes; object: its key, which no other blob ever has; written: as above
    CREATE TABLE objects (
        name text COLLATE "C" PRIMARY KEY, object text COLLATE "C" NOT NULL UNIQUE, size bigint NOT NULL,
        written bigint NOT NULL
    );
    """
