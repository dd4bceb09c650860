"""One digest over all that a compiled page depends on besides the page itself."""

from __future__ import annotations

import hashlib
import sys
import zlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from reports.html import template_digest

_TOOLS = (
    *("plainspoken", "weasyprint", "pydyf", "tinyhtml5", "tinycss2", "cssselect2", "pyphen"),
    *("fonttools", "pikepdf"),
)


@cache
def fingerprint(styles: tuple[str, ...]) -> str:
    """Return the digest of the style sheets, the fonts, the tools and this program's own lines.

    The words and the blocks of a letter's template are in its page, so they are not named here.
    """
    import pikepdf

    tools = [f"{tool}=={version(tool)}" for tool in _TOOLS]
    tools += [f"python=={sys.version}", f"zlib=={zlib.ZLIB_RUNTIME_VERSION}"]
    tools += [f"qpdf=={pikepdf.__libqpdf_version__}", *_libraries()]
    digest = hashlib.sha256("\n".join(tools).encode())
    digest.update(template_digest((*styles, "style/fonts")).encode())
    here = Path(__file__).parent
    for file in (*sorted(here.glob("*.py")), here.parent / "pdf.py"):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _libraries() -> list[str]:
    """Return the versions of the libraries that break lines and choose glyphs."""
    import cffi  # type: ignore[import-untyped]
    from weasyprint.text import ffi

    asked = cffi.FFI()
    asked.cdef("const char *hb_version_string(void); int FcGetVersion(void);")
    names = [("libharfbuzz-0", "harfbuzz", "libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll")]
    names += [
        ("fontconfig-1", "fontconfig", "libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll")
    ]
    found = [f"pango=={ffi.pango.pango_version()}", f"subset=={ffi.harfbuzz_subset is not None}"]
    shaper, config = (ffi._dlopen(asked, *each) for each in names)
    found.append(f"harfbuzz=={asked.string(shaper.hb_version_string()).decode()}")
    return [*found, f"fontconfig=={config.FcGetVersion()}"]
