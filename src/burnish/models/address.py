"""Where an endpoint is, and how the environment says that it is reached: proxies and certificates."""

from __future__ import annotations

import os
import ssl
from typing import NamedTuple, Self
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi

from burnish.errors import ConfigError
from burnish.redaction import redacted

_PORTS = {"http": 80, "https": 443}
_PLAIN = "!$%&'()*+,-./:;=?@_~"
"""Characters of a path or query that stay as they are."""


class Address(NamedTuple):
    """A web address in one spelling: small letters where case does not matter, and no port that goes without saying."""

    scheme: str
    host: str
    """With its port where that is not the usual one."""
    path: str
    query: str
    """With its question mark, or empty."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """An address as the user wrote it. Raises ConfigError."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
            name = (host or "").encode("idna").decode()
        except ValueError as error:
            raise ConfigError(f"The model {redacted(text)} is not a web address ({error}).") from error
        if not host:
            raise ConfigError(f"The model {redacted(text)} names no host: write http://HOST/v1#NAME.")
        if port == 0:
            raise ConfigError(f"The model {redacted(text)} has the port 0: ports are from 1 to 65535.")
        if "@" in parts.netloc:
            raise ConfigError(
                "A model's address must not hold a password: put the key into the variable --api-key-env names."
            )
        name = f"[{name}]" if ":" in name else name
        own_port = f":{port}" if port and port != _PORTS.get(parts.scheme) else ""
        query = f"?{quote(parts.query, safe=_PLAIN)}" if parts.query else ""
        return cls(parts.scheme, name + own_port, quote(parts.path, safe=_PLAIN), query)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}{self.query}"

    def below(self, path: str) -> Self:
        """The address with a path behind its own; its query stays."""
        return self._replace(path=self.path.rstrip("/") + path)

    @property
    def proxy(self) -> str | None:
        """The proxy that HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY name for it. Raises ConfigError for SOCKS."""
        if proxy_bypass(self.host):
            return None
        proxies = getproxies()
        found = proxies.get(self.scheme) or proxies.get("all")
        if not found:
            return None
        if found.startswith("socks"):
            raise ConfigError(
                f"The proxy {redacted(found)} of the environment is a SOCKS proxy: name an http proxy, or add "
                f"{self.host} to NO_PROXY."
            )
        return found if "://" in found else f"http://{found}"


def certificates() -> ssl.SSLContext:
    """Whom to trust: SSL_CERT_FILE or SSL_CERT_DIR if the environment has one, else certifi's list.

    Raises ConfigError where that cannot be read.
    """
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if path := os.environ.get(name):
            try:
                if name == "SSL_CERT_FILE":
                    return ssl.create_default_context(cafile=path)
                return ssl.create_default_context(capath=path)
            except OSError as error:
                raise ConfigError(
                    f"{name} names {path}, which holds no certificates that can be read ({error.strerror or error}): "
                    "correct it, or unset it."
                ) from error
    return ssl.create_default_context(cafile=certifi.where())
