"""The notebook around the panel: its variables, its cells, and how long it may be kept waiting."""
