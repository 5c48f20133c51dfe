"""Why the one-machine mode will not go on, said so that a person can mend it."""


class CannotStart(Exception):
    """One sentence in Chinese and the same in English; shown instead of a traceback.

    Both at once: at this point nobody has signed in, so nobody has chosen a language.
    """

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(f"{chinese}\n{english}")


class InUse(CannotStart):
    """Another run holds the directory."""
