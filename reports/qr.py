"""A text as a QR code, so that a checkpoint on paper comes back without typing.

Equal texts give equal bytes: version and mask are chosen by the standard's own rule, and the
drawing is one path of whole numbers. Black on white in every style, since readers need the contrast,
with the four modules of margin that the standard asks for.

Source: ISO/IEC 18004.
"""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup, escape

_MARGIN = 4  # modules


def svg(text: str, title: str, size: float = 100) -> Markup:
    """Return the drawing of a text.

    Parameters
    ----------
    text : str
    title : str
        What whoever cannot see the drawing is told.
    size : float
        Width and height, margin included, in points.
    """
    import segno

    # M: 15 % of the code may be lost, as on a folded page.
    matrix = segno.make(text, error="m", boost_error=False, micro=False, mode="byte", encoding="utf-8").matrix
    side = len(matrix) + 2 * _MARGIN
    steps = []
    for y, row in enumerate(matrix):
        x = 0
        for dark, run in groupby(row):
            n = len(list(run))
            if dark:
                steps.append(f"M{x + _MARGIN} {y + _MARGIN}h{n}v1h-{n}z")
            x += n
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" class="qr" viewBox="0 0 {side} {side}" '
        'width="{size}pt" height="{size}pt" shape-rendering="crispEdges"><title>{title}</title>'
        '<rect width="{side}" height="{side}" fill="#FFFFFF"/><path d="{path}" fill="#000000"/></svg>'
    ).format(side=side, size=f"{size:g}", title=escape(title), path=Markup("".join(steps)))
