"""The chat robots of three makers: one POST each, and an answer that says in its body whether it was taken."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from kefu import clock
from kefu.notifications.models import Channel

PATIENCE = 5.0  # seconds to connect, and again for the answer
LONGEST = 10_000  # bytes of an answer that are read; theirs have a hundred

Kind = Channel.Kind
# A token never chooses where we connect.
ADDRESSES = {
    Kind.WECOM: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
    Kind.DINGTALK: "https://oapi.dingtalk.com/robot/send",
    Kind.FEISHU: "https://open.feishu.cn/open-apis/bot/v2/hook/{token}",
}
# Where an answer keeps its verdict, the newer name first. 0: taken.
VERDICTS = ("errcode", "code", "StatusCode")


def say(*, kind: str, token: str, secret: str, words: str) -> str:
    """Have a robot say ``words``; return "" or what went wrong: the maker's code, or the kind of the failure."""
    parameters, body = _asked(Kind(kind), token=token, secret=secret, words=words)
    try:
        with (
            # The environment's proxies would connect for us.
            httpx.Client(timeout=PATIENCE, trust_env=False, follow_redirects=False) as http,
            http.stream(
                "POST", ADDRESSES[Kind(kind)].format(token=token), params=parameters, json=body
            ) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                return f"HTTP {answer.status_code}"
            return _verdict(answer)
    except httpx.HTTPError as error:
        return type(error).__name__


def _asked(
    kind: Channel.Kind, *, token: str, secret: str, words: str
) -> tuple[Mapping[str, str], Mapping[str, Any]]:
    """Return the parameters of the address and the body that a maker asks for."""
    now = clock.now()
    if kind == Kind.FEISHU:
        text = {"msg_type": "text", "content": {"text": words}}
        if not secret:
            return {}, text
        seconds = str(int(now.timestamp()))
        sign = _signature(key=f"{seconds}\n{secret}", words="")
        return {}, {**text, "timestamp": seconds, "sign": sign}
    text = {"msgtype": "text", "text": {"content": words}}
    if kind == Kind.WECOM:
        return {"key": token}, text
    if not secret:
        return {"access_token": token}, text
    milliseconds = str(int(now.timestamp() * 1000))
    sign = _signature(key=secret, words=f"{milliseconds}\n{secret}")
    return {"access_token": token, "timestamp": milliseconds, "sign": sign}, text


def _signature(*, key: str, words: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), words.encode(), hashlib.sha256)).decode()


def _verdict(answer: httpx.Response) -> str:
    """Read the maker's code; an answer that holds none has not been a robot's."""
    content = b""
    for part in answer.iter_bytes():
        content += part
        if len(content) > LONGEST:
            return "answer"
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return "answer"
    if not isinstance(said, dict):
        return "answer"
    code = next((said[name] for name in VERDICTS if name in said), "answer")
    return "" if code == 0 else str(code)[:50]
