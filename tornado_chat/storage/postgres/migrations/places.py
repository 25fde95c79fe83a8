"""To be written."""

SQL = ""
