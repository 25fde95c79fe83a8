"""What the tables of files must agree on, in words of SQL that SQLite and PostgreSQL have in common."""

from __future__ import annotations

PICTURES = "SELECT count(*) FROM pictures WHERE file NOT IN (SELECT no FROM files WHERE posted)"
#: What is wrong, and the query for the ids of its files.
FILES = {
    "is posted, but no message has it": (
        "SELECT id FROM files WHERE posted AND NOT EXISTS (SELECT 1 FROM attachments WHERE file = no)"
        " AND no NOT IN (SELECT file FROM pictures)"
    ),
    "is not posted, but a message has it": (
        "SELECT id FROM files WHERE NOT posted AND EXISTS (SELECT 1 FROM attachments WHERE file = no)"
    ),
    "has bytes that are not known": (
        "SELECT id FROM files WHERE NOT EXISTS (SELECT 1 FROM file_blobs b JOIN blobs ON blobs.name = b.blob"
        " WHERE b.file = no AND b.blob = files.blob AND blobs.size = files.size)"
    ),
    "has bytes that count as unused": (
        "SELECT id FROM files JOIN file_blobs b ON b.file = no JOIN blobs ON blobs.name = b.blob WHERE unused NOTNULL"
    ),
}
USED = "SELECT DISTINCT b.name, b.size FROM file_blobs f JOIN blobs b ON b.name = f.blob"
ORPHANED = (
    "SELECT count(*) FROM blobs WHERE unused IS NULL AND NOT EXISTS (SELECT 1 FROM file_blobs WHERE blob = name)"
)
MOST = 20  # of one rule that are named

_COUNTED = """
SELECT owner, sum(size) FROM (
    SELECT owner, {most}(size, 4096) AS size FROM files
    UNION ALL SELECT owner, {most}(size, 4096) FROM uploads WHERE file IS NULL
    UNION ALL SELECT '*', taken FROM files
    UNION ALL SELECT '*', taken FROM files_gone
    UNION ALL SELECT '*', {most}(size, 4096) FROM uploads WHERE file IS NULL
) counted GROUP BY owner
"""
_SPACE = "SELECT owner, bytes FROM file_space WHERE bytes != 0"


def miscounted(most: str) -> str:
    """Return the query for the owners whose space is counted wrongly. most: what gives the greater of two numbers."""
    counted = _COUNTED.format(most=most)
    return (
        f"SELECT owner FROM ({counted} EXCEPT {_SPACE}) more"
        f" UNION SELECT owner FROM ({_SPACE} EXCEPT {counted}) less LIMIT {MOST}"
    )
