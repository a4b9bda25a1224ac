"""What can stop the local stack, said in words the person at the terminal can act on."""


class LocalStackError(Exception):
    """Nothing a traceback would explain: the message is all there is to say."""
