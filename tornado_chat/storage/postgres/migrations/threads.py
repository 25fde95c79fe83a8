"""Who follows which thread."""

SQL = """
    -- root: the id of its message; read: up to which number they have read; followed: NULL: not asked yet
    CREATE TABLE follows (
        "user" text COLLATE "C", root bigint, read bigint NOT NULL, followed boolean, PRIMARY KEY ("user", root)
    );
    CREATE INDEX followers ON follows (root);
    """
