"""Send one letter by HTTP. Whoever receives it may be slow, broken or hostile."""

import asyncio
import logging
import socket
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from threading import Thread
from typing import Self

import httpx

from kefu.webhooks.addresses import AddressRefused, addresses_of
from kefu.webhooks.models import Attempt

log = logging.getLogger(__name__)

PATIENCE = 5.0  # seconds for all of it: the name, the connection, the answer
PORTS = {"https": 443, "http": 80}
Error = Attempt.Error


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    status: int | None
    error: Error
    milliseconds: int

    @property
    def taken(self) -> bool:
        return self.error == Error.NONE


class Post:
    """Sends letters beside each other, on a thread of its own that never touches the database."""

    def __init__(self, room: int) -> None:
        self._loop = asyncio.new_event_loop()
        # A name that resolves slowly holds one of these, not the letters of others.
        self._resolvers = ThreadPoolExecutor(room, thread_name_prefix="webhook-names")
        self._loop.set_default_executor(self._resolvers)
        self._thread = Thread(target=self._loop.run_forever, name="webhooks", daemon=True)
        # The environment's proxies would connect for us, unchecked. A connection kept alive is known by its
        # address, behind which there may be several hosts.
        self._http = httpx.AsyncClient(
            verify=_certificates(),
            trust_env=False,
            timeout=PATIENCE,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # nobody's are kept
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._http.aclose(), self._loop).result(PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    def send(self, letter: Letter) -> Future[Answer]:
        return asyncio.run_coroutine_threadsafe(_send(self._http, letter), self._loop)


async def _send(http: httpx.AsyncClient, letter: Letter) -> Answer:
    """Send a letter; whatever goes wrong is an answer, too."""
    begun, status, error = time.monotonic(), None, Error.NONE
    try:
        async with asyncio.timeout(PATIENCE):
            status = await _post(http, letter)
        error = Error.NONE if 200 <= status < 300 else Error.STATUS
    except (TimeoutError, httpx.TimeoutException):
        error = Error.TIMEOUT
    except AddressRefused:
        error = Error.REFUSED
    except (socket.gaierror, UnicodeError):
        error = Error.NO_ADDRESS
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        error = Error.CONNECTION
    except Exception:
        log.exception("a webhook could not be sent")
        error = Error.FAILED
    return Answer(status, error, round((time.monotonic() - begun) * 1000))


async def _post(http: httpx.AsyncClient, letter: Letter) -> int:
    """Return the status of the answer; nothing else of it is read, and no redirect is followed."""
    url = httpx.URL(letter.url)
    host = url.raw_host.decode("ascii")
    addresses = await addresses_of(host.strip("[]"), url.port or PORTS[url.scheme])
    for place, address in enumerate(addresses, start=1):
        request = http.build_request("POST", url, content=letter.body, headers=letter.headers)
        # To the very address that was checked, under the name that was meant.
        request.url = url.copy_with(host=address)
        request.extensions["sni_hostname"] = host
        try:
            answer = await http.send(request, stream=True, follow_redirects=False)
        except httpx.ConnectError:
            if place == len(addresses):
                raise
        else:
            await answer.aclose()
            return answer.status_code
    raise AddressRefused(host)


@cache
def _certificates() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)
