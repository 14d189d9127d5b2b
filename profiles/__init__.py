"""Data: what is written to the disk. One TOML file a profile; no code."""
