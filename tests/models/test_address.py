"""Where an endpoint is, and how the environment says that it is reached."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import certifi
import pytest

from burnish.errors import ConfigError
from burnish.models import Decoding, Message, ModelOptions, Request, open_model
from burnish.models.address import Address, certificates
from faulty_server import Answer, Faulty, completion, serving
from patience import HANG_S

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("http://LocalHost:80/v1", "http://localhost/v1"),
        ("https://api.example:443/v1/", "https://api.example/v1/"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("https://host/a b?api-version=1", "https://host/a%20b?api-version=1"),
        ("http://host/a%20b", "http://host/a%20b"),
    ],
)
def test_an_address_has_one_spelling(written: str, means: str) -> None:
    assert str(Address.parse(written)) == means


def test_a_call_goes_below_the_path_and_keeps_the_query() -> None:
    address = Address.parse("https://host/v1/?api-version=1")
    assert str(address.below("/models")) == "https://host/v1/models?api-version=1"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://host:99999/v1", "Port out of range"),
        ("http://host:0/v1", "ports are from 1"),
        ("http:///v1", "no host"),
    ],
)
def test_what_is_no_address_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Address.parse(address)


def test_calls_go_through_the_proxy_of_the_environment_but_for_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = Faulty(lambda *_: Answer(completion("fine")))

    def ask(model: str) -> str:
        request = Request(messages=(Message(role="user", text="What?"),))
        [reply] = open_model(ModelOptions(model=model, timeout=HANG_S)).generate([request], Decoding())
        return reply.text

    with serving(faulty) as address:
        proxy = address.removesuffix("/v1").replace("http://", "http://me:secret@")
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert ask("http://model.invalid/v1#m") == ask(f"{address}#m") == "fine"
    assert faulty.paths == ["http://model.invalid/v1/chat/completions", "/v1/chat/completions"]
    assert faulty.headers[0]["Proxy-Authorization"] == f"Basic {b64encode(b'me:secret').decode()}"


def test_all_proxy_is_taken_where_there_is_no_other_and_socks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "proxy.example:3128")
    assert Address.parse("https://host/v1").proxy == "http://proxy.example:3128"
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:secret@proxy.example")
    with pytest.raises(ConfigError, match="SOCKS proxy: name an http proxy, or add host to NO_PROXY") as caught:
        _ = Address.parse("https://host/v1").proxy
    assert "secret" not in str(caught.value)


def test_certificates_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    one = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    (tmp_path / "one.pem").write_text("".join(one[:2]))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "one.pem"))
    assert len(certificates().get_ca_certs()) == 1
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE names .*none\.pem, which holds no certificates"):
        certificates()
    monkeypatch.delenv("SSL_CERT_FILE")
    assert len(certificates().get_ca_certs()) > 20
