"""Takes passwords and keys out of what is printed or stored: those in the addresses of databases and endpoints."""

from __future__ import annotations

import re

HIDDEN = "***"
_WEB_PASSWORD = re.compile(r"(?i)\b(https?://[^\s/?#:@]*):[^\s/?#]*@")
_PASSWORD = re.compile(r"(?i)\b((?!https?:)[a-z][\w+.-]*://[^\s/?#:@]*):\S*@")
_QUERY = re.compile(r"(?i)([?&][\w.-]*(?:key|token|secret|pass|pwd|auth|sig|credential|code)[\w.-]*)=[^&#\s\'\")]*")


def redacted(text: str) -> str:
    """The text with `***` for each password of an address (`scheme://user:password@host`) and for the values of its
    query that can be keys (`?api_key=…`).
    """
    if "://" not in text:
        return text
    text = _PASSWORD.sub(rf"\1:{HIDDEN}@", _WEB_PASSWORD.sub(rf"\1:{HIDDEN}@", text))
    return _QUERY.sub(rf"\1={HIDDEN}", text)
