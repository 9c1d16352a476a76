"""Text of others, as a terminal may show it: a task id or an error line could move the cursor or forge a line."""


def printable(text: str) -> str:
    """Return `text` with every character that does not print, line ends included, written as its escape sequence."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
