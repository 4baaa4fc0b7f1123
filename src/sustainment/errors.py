"""The errors that people are meant to read."""


class UserError(Exception):
    """A sentence for the person who gets it: what is wrong, where, and what to do.

    The command line prints it without a traceback (`--debug` shows one).
    """


class CannotSay(UserError):
    """These answers give no answer to this question: nobody answered, one group only, all alike.

    Nothing is wrong with the code or the file. A chapter prints the sentence in place of the number,
    and goes on (`sustainment.instead`).
    """
