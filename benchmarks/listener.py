"""Partners' servers in one: /quick/<n> answers at once, /slow/<n> after ten seconds; /report says what came."""

import asyncio
from datetime import datetime
from time import time
from typing import Any

import orjson

SLOW = 10.0  # seconds; nobody is waited for so long
JSON = [(b"content-type", b"application/json")]
delays: dict[str, float] = {}  # seconds from the event to its first arrival, by webhook-id
again = 0


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    global again
    if scope["type"] != "http":
        return
    if scope["path"] == "/report":
        await _answer(send, 200, orjson.dumps({"delays": sorted(delays.values()), "again": again}))
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["path"].startswith("/slow/"):
        await asyncio.sleep(SLOW)
    else:
        name = next(value.decode() for key, value in scope["headers"] if key == b"webhook-id")
        if name in delays:
            again += 1
        else:
            said = datetime.fromisoformat(orjson.loads(body)["timestamp"])
            delays[name] = time() - said.timestamp()
    await _answer(send, 204, b"")


async def _answer(send: Any, status: int, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": JSON})
    await send({"type": "http.response.body", "body": body})
