"""A lived-in chat, to look at."""
