"""Credentials in addresses: git may use them, nobody shall read them."""

from __future__ import annotations

import re
from typing import Any

_WEB = re.compile(r"(?i)\b(https?://)[^/\s'\"]*@")
_OTHER = re.compile(r"(?i)\b([a-z][\w+.-]*://[^/\s:@'\"]*):[^/\s'\"]*@")
_QUERY = re.compile(r"(?i)([?&][\w-]*(?:token|key|password|secret)=)[^&\s'\"]+")


def clean(text: str) -> str:
    """A text without the credentials of any address in it."""
    return _QUERY.sub(r"\1…", _OTHER.sub(r"\1@", _WEB.sub(r"\1", text)))


def clean_all(value: Any) -> Any:
    """As `clean`, of every text in lists and dictionaries."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [clean_all(item) for item in value]
    if isinstance(value, dict):
        return {key: clean_all(item) for key, item in value.items()}
    return value
