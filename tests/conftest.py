"""What holds for every test.

Property tests draw the same cases each time, so that a run says the same of the same code on every
machine; PLAINSPOKEN_DRAW=anew draws new ones. A case has no deadline: machines are shared.
"""

from __future__ import annotations

import os

from hypothesis import settings

# Compiled pages of letters: a test that keeps some names its folder.
os.environ["PLAINSPOKEN_CACHE"] = "off"

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("anew", deadline=None, print_blob=True)
settings.load_profile("anew" if os.environ.get("PLAINSPOKEN_DRAW") == "anew" else "same")
