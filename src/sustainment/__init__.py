"""Readers, methods, figures and the runner of an executable mixed-methods book.

Start with `sustainment.study.open_study`: every chapter opens its data there.
Nothing heavy is imported here, so that the command line answers at once.
"""

__version__ = "0.1.0"
