"""The notebook around the panel: its variables, its cells, and who is waiting for it."""
