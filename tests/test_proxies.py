import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

from config.proxies import TrustedProxyMiddleware

VISITOR = "203.0.113.9"


@pytest.fixture
def believed(rf, settings):
    """Return (address, scheme, forwarded headers) as later code sees a request from `peer`."""
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]

    def believed(peer: str, **headers: str) -> tuple[str, str, list[str]]:
        seen: list[HttpRequest] = []
        middleware = TrustedProxyMiddleware(lambda request: seen.append(request) or HttpResponse())
        middleware(rf.get("/", headers=headers, REMOTE_ADDR=peer))
        [request] = seen
        left = [name for name in request.headers if name.startswith("X-Forwarded")]
        return request.META["REMOTE_ADDR"], request.scheme, left

    return believed


def forwarded(addresses: str, proto: str = "https", host: str = "evil.example") -> dict[str, str]:
    return {
        "x-forwarded-for": addresses,
        "x-forwarded-proto": proto,
        "x-forwarded-host": host,
    }


@pytest.mark.parametrize("peer", [VISITOR, "192.0.2.2", "2001:db8::1", "", "unix:"])
def test_strangers_are_not_believed_and_their_headers_are_gone(believed, peer):
    assert believed(peer, **forwarded("127.0.0.1")) == (peer, "http", [])


@pytest.mark.parametrize(
    ("peer", "addresses", "expected"),
    [
        ("10.0.0.1", VISITOR, VISITOR),
        ("192.0.2.1", VISITOR, VISITOR),
        ("fd00::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", f"127.0.0.1, {VISITOR}", VISITOR),
        ("10.0.0.1", f"127.0.0.1,{VISITOR} , 10.9.9.9,192.0.2.1", VISITOR),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.1"),
        ("10.0.0.1", " , ", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::ffff:10.0.0.1", VISITOR, VISITOR),
        # With the port, as some write it: limits count networks, and a port is none.
        ("10.0.0.1", f"127.0.0.1, {VISITOR}:4711, 10.0.0.2:80", VISITOR),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]", "2001:db8::7"),
    ],
)
def test_trusted_proxies_say_who_the_visitor_is(believed, peer, addresses, expected):
    assert believed(peer, **forwarded(addresses)) == (expected, "https", [])


@pytest.mark.parametrize(
    ("proto", "expected"),
    [
        ("https", "https"),
        (" HTTPS ", "https"),
        ("http", "http"),
        ("", "http"),
        ("javascript", "http"),
    ],
)
def test_trusted_proxies_say_whether_the_visitor_used_tls(believed, proto, expected):
    assert believed("10.0.0.1", **forwarded(VISITOR, proto)) == (VISITOR, expected, [])


def test_without_proxies_nobody_is_believed(believed, settings):
    settings.TRUSTED_PROXIES = []
    assert believed("127.0.0.1", **forwarded(VISITOR)) == ("127.0.0.1", "http", [])


def test_a_proxy_of_this_network_that_nobody_named_is_logged_once(rf, settings, caplog):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    handle = TrustedProxyMiddleware(lambda request: HttpResponse())
    for peer in ("93.184.216.34", "10.0.0.1", "::ffff:172.30.86.4", "127.0.0.1", "", "no address"):
        handle(rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=VISITOR))
    handle(rf.get("/", REMOTE_ADDR="192.168.0.4"))
    assert caplog.messages == ["172.30.86.4 sends X-Forwarded-For, and is not in TRUSTED_PROXIES"]


@pytest.mark.parametrize("item", ["nonsense", "10.0.0.1/8", "proxy.example", "10.0.0.0/40"])
def test_what_is_no_network_is_refused_by_name(settings, item):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8", item]
    with pytest.raises(ImproperlyConfigured, match=r"^TRUSTED_PROXIES: "):
        TrustedProxyMiddleware(lambda request: HttpResponse())
