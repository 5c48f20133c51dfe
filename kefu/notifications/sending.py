"""Say something on a channel; read its address out of what people paste."""

import re
from urllib.parse import parse_qs, urlsplit

from django.core.mail import send_mail
from django.utils.translation import gettext as _

from kefu.notifications import robots
from kefu.notifications.models import Channel

Kind = Channel.Kind
# Where each maker keeps the token in the address that people copy from the robot's page.
COPIED = {
    Kind.WECOM: ("qyapi.weixin.qq.com", "key"),
    Kind.DINGTALK: ("oapi.dingtalk.com", "access_token"),
    Kind.FEISHU: ("open.feishu.cn", ""),
}
SIGNED = (Kind.DINGTALK, Kind.FEISHU)  # where a secret may be set beside the token
TOKEN = re.compile(r"[A-Za-z0-9_-]{8,100}", re.ASCII)


def token_of(kind: str, text: str) -> str | None:
    """Return the token in what somebody pasted: the robot's whole address, or the token; None for anything else."""
    host, parameter = COPIED[Kind(kind)]
    text = text.strip()
    if "://" in text:
        try:
            address = urlsplit(text)
        except ValueError:
            return None
        if address.hostname != host:
            return None
        query = parse_qs(address.query).get(parameter, [""])
        text = query[0] if parameter else address.path.rstrip("/").rpartition("/")[2]
    return text if TOKEN.fullmatch(text) else None


def masked(kind: str, address: str) -> str:
    """Enough to know one's own by."""
    if kind == Kind.MAIL:
        name, _at, host = address.rpartition("@")
        return f"{name[:1]}***@{host}"[:60]
    return f"••••{address[-4:]}"


def send(channel: Channel, words: str) -> str:
    """Send; return "" or what went wrong, without a word of the address."""
    address = channel.sealed["address"]
    if channel.kind == Kind.MAIL:
        try:
            send_mail(_("客服工作台通知"), words, None, [address])
        except OSError as error:  # smtplib's errors are OSErrors
            return type(error).__name__
        return ""
    secret = channel.sealed.get("secret", "")
    return robots.say(kind=channel.kind, token=address, secret=secret, words=words)
