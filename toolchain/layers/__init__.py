"""Layers measured elsewhere: a table of shapes and cycles in; a latency file, or the table with predictions, out."""
