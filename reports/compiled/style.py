"""What of a text's computed style decides how its lines break and which glyphs stand in them.

WeasyPrint's own style hangs on the tree of a whole letter. Its values are taken out, so that a setter holds
nothing of a letter, and can be kept and made again elsewhere.
"""

from __future__ import annotations

from typing import Any

FONT = (
    *("font_family", "font_style", "font_stretch", "font_weight", "font_size", "font_kerning"),
    *("font_variant_ligatures", "font_variant_position", "font_variant_caps", "font_variant_numeric"),
    *("font_variant_alternates", "font_variant_east_asian", "font_feature_settings"),
    *("font_variation_settings", "font_language_override", "lang", "direction", "white_space"),
    *("overflow_wrap", "word_break", "hyphens", "letter_spacing", "word_spacing", "text_decoration_line"),
    *("text_transform", "text_align_all", "text_align_last", "text_indent", "tab_size"),
    *("line_height", "hyphenate_character", "hyphenate_limit_chars", "hyphenate_limit_zone"),
)


class Style(dict[str, Any]):
    """The values of ``FONT``, where WeasyPrint looks for them.

    Parameters
    ----------
    values : mapping of str
        A computed style, or what was kept of one.
    font_config : weasyprint FontConfiguration
        Where its fonts are read from.
    """

    def __init__(self, values: Any, font_config: Any) -> None:
        super().__init__({name: values[name] for name in FONT})
        self.font_config = font_config
        self.cache: dict[str, Any] = {}

    def copy(self) -> Style:
        """Return another with these values, which WeasyPrint changes to measure a font."""
        return Style(self, self.font_config)
