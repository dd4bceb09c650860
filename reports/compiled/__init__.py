"""Letters by the hundred thousand: a page is compiled once and stamped with each person's values.

``blanks`` writes the words of letters that are alike once and fills in what differs; ``press`` decides and
remembers; ``shape`` takes a page apart; ``setting`` breaks and draws lines as WeasyPrint does, ``kerned``
puts those together whose pairs of letters it drew before; ``cutting`` finds the slots in what it drew;
``proving`` makes the other letter that a page is proved with; ``specimen`` makes the fonts; ``frozen``
writes the file; ``equality`` compares. A second rendering with other values must give the same frozen bytes,
so nothing of a letter is in what all share, and nothing beside a value moves with it. Whatever is in doubt
is rendered by WeasyPrint.
"""
