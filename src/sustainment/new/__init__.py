"""`sustainment new`: from a survey export and coded interviews to a project that builds a book.

`draft` guesses the settings and says why, `ask` lets a person correct them, `project` writes the
folder in one step: it is there whole, or not at all.
"""
