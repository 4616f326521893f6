"""The picture: passive, it knows no session and no estimator.

`scene.build` turns a trace and a cursor into a `Scene` of plain arrays; `narration` puts it into
words, `canvas` into matplotlib artists, `panel` into controls, `export` into a file.
"""
