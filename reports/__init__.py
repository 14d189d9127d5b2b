"""Data: how the pages look. No code."""
