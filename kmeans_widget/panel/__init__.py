"""Buttons and mouse: the controls around the picture, and what moves it."""
