"""How PostgreSQL reads what is searched and indexed: by an index, and no more than is asked for."""

import pytest

from tests.storage.postgres import plans
from tornado_chat.storage.postgres import (
    index_building,
    indexing,
    search_consistency,
    search_index,
    search_sources,
    search_tails,
)
from tornado_chat.storage.postgres.rows import SHIFT

MANY, FEW = 400, 40
DEN, HALL = 1 << SHIFT, 2 << SHIFT
FILL = f"""
INSERT INTO channels SELECT n, CASE n WHEN 1 THEN 'den' WHEN 2 THEN 'hall' ELSE 'c' || n END, 0, {MANY}
    FROM generate_series(1, {FEW}) n;
INSERT INTO messages (id, sender, name, text, time)
    SELECT (c::bigint << {SHIFT}) + n, n % 5, 'User', 'text', n
    FROM generate_series(1, {FEW}) c, generate_series(1, {MANY}) n;
INSERT INTO search_channels SELECT n, {FEW} FROM generate_series(1, {FEW}) n;
INSERT INTO search_runs SELECT (c::bigint << {SHIFT}) + 1 + 10 * n, (c::bigint << {SHIFT}) + 10 + 10 * n, 1, 2, 10, ''
    FROM generate_series(1, {FEW}) c, generate_series(0, {MANY} / 10 - 1) n;
"""
ENDS = f"ARRAY[{DEN + 11}, {HALL + 11}]", f"ARRAY[{DEN + 15}, {HALL + 15}]"
#: By name: a query, values for it, and how many rows one step may look at.
QUERIES = {
    "ranges": (indexing._BETWEEN, ENDS, FEW),
    "checked": (search_consistency._MESSAGES, ENDS, FEW),
    "found": (search_index._MESSAGES, (*ENDS, 0, 2**62, "NULL"), FEW),
    "chunks": (search_tails._CHUNKS, ENDS, FEW),
    "newest": (search_tails._NEWEST, ENDS, FEW),
    "split": (search_tails._SPLIT, (*ENDS, 2), FEW),
    "until": (search_tails._UNTIL, (*ENDS, "ARRAY[8, 8]", 3), FEW),
    "changed": (search_sources._CHANGED, ENDS, FEW),
    "runs before": (index_building._RUNS_BEFORE, (f"ARRAY[{DEN + 99}]",), FEW),
}


@pytest.mark.parametrize("planned", plans.WHEN)
def test_no_query_reads_more_than_is_asked_for(planned: str) -> None:
    plans.read_only_what_is_asked(QUERIES, FILL, planned)
