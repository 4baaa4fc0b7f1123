"""Invented data: what a study could look like, with every assumption written down."""
