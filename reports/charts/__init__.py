"""Geometry of the charts: sealed series in, places on paper out; the macros only draw.

Every chart is drawn twice for HTML, once 482 units wide (on paper a unit is a point) and once 240
wide for narrow screens; both hold literal colours, since style sheets do not reach into SVG on
paper, and a class a colour, which the dark style of the HTML overrides.

Why so: a package of small files rather than one, because a chart is one thought.
"""

from __future__ import annotations

from typing import Final

WIDE: Final = 482.0
NARROW: Final = 240.0
