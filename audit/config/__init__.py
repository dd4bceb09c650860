"""The config of an audit: the one place where outside text becomes typed values.

``load_config`` reads an ``audit.yaml``, ``load_dictionary`` the reasons beside it; both refuse with
every fault at once, each ``file:line: place: fact. Way out.``
"""

from __future__ import annotations

from audit.config.bindings import Binding, bind
from audit.config.bound import bindings_report
from audit.config.dictionary import load_dictionary
from audit.config.editors import json_schema
from audit.config.environment import expand
from audit.config.inspection import Inspection, NumbersSeen, PinnedSeen, ReleaseSeen
from audit.config.load import Reading, load_config, read_config
from audit.config.protected import ProtectedAttribute, band_names
from audit.config.reader import Lines, read_yaml
from audit.config.schema import Config

__all__ = [
    "Binding",
    "Config",
    "Inspection",
    "Lines",
    "NumbersSeen",
    "PinnedSeen",
    "ProtectedAttribute",
    "Reading",
    "ReleaseSeen",
    "band_names",
    "bind",
    "bindings_report",
    "expand",
    "json_schema",
    "load_config",
    "load_dictionary",
    "read_config",
    "read_yaml",
]
