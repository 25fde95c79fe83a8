"""The benchmark: tornado_chat beside its peers, in one run (see scripts/bench --help)."""
