"""Export to files: the picture at a cursor or a whole run, as PNG, SVG, GIF, MP4 or HTML."""
