"""Other spellings of a program: what to try where a block does not parse as it stands."""

import re
from collections.abc import Iterator

_INVISIBLE = re.compile("[\ufeff\u200b\u200c\u200d\u2060\u200e\u200f]")
_BLANK = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_PROMPT = re.compile(r"(?:>>>|\.\.\.)(?: |$)")


def respelled(text: str) -> Iterator[str]:
    """Yield a text without invisible characters and with plain blanks, and the input of an interactive session.

    Nothing is yielded where these change nothing.
    """
    plain = _BLANK.sub(" ", _INVISIBLE.sub("", text)) if not text.isascii() else text
    if plain != text:
        yield plain
    if plain.lstrip().startswith(">>>"):
        entered = [line.lstrip() for line in plain.split("\n") if _PROMPT.match(line.lstrip())]
        yield "\n".join(line[4:] for line in entered)
