"""Data that one array cannot hold: blocks from files or from Dask, and what runs their passes."""
