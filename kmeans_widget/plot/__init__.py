"""The picture: a trace and a cursor become a `Scene` of plain arrays, then text and artists."""
