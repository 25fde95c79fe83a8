"""Moves a chat from a data folder into PostgreSQL, and back."""
