"""The one error that people are meant to read."""


class UserError(Exception):
    """A sentence for the person who gets it: what is wrong, where, and what to do.

    The command line prints it without a traceback (`--debug` shows one).
    """
