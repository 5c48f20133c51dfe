"""Who has which case open. A courtesy, not a lock: it lives in Redis only and fades by itself."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import redis
from django.conf import settings

from kefu.notifications.wakeup import client

log = logging.getLogger(__name__)

FADES = 30  # seconds after the last sign of life; pages give one every ten


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a case: since when, writing what, how much. Times are Unix seconds of the database's clock."""

    user_id: int
    name: str
    since: float
    seen: float
    writing: str = ""  # reply, outlet, note; "" while only reading
    characters: int = 0


def _key(case_id: int) -> str:
    return f"kefu:presence:{case_id}"


def greet(
    *, case_id: int, user_id: int, name: str, writing: str, characters: int, at: float
) -> Sequence[Person]:
    """Say that somebody is here; return the others who are. Without Redis: nobody."""
    try:
        link = client(settings.REDIS_URL)
        here = _people(link.hgetall(_key(case_id)), at)
        before = next((person for person in here if person.user_id == user_id), None)
        me = Person(user_id, name, before.since if before else at, at, writing, characters)
        with link.pipeline(transaction=False) as pipe:
            pipe.hset(_key(case_id), str(user_id), json.dumps(asdict(me)))
            pipe.expire(_key(case_id), FADES)
            pipe.execute()
    except redis.RedisError as error:
        log.info("presence is not known: %s", error)
        return []
    return [person for person in here if person.user_id != user_id]


def leave(*, case_id: int, user_id: int) -> None:
    try:
        client(settings.REDIS_URL).hdel(_key(case_id), str(user_id))
    except redis.RedisError as error:
        log.info("presence is not known: %s", error)


def others(*, case_ids: Iterable[int], user_id: int, at: float) -> dict[int, Person]:
    """For each of these cases that somebody else has open: who came first. One round trip."""
    ids = list(case_ids)
    if not ids:
        return {}
    try:
        with client(settings.REDIS_URL).pipeline(transaction=False) as pipe:
            for case_id in ids:
                pipe.hgetall(_key(case_id))
            answers = pipe.execute()
    except redis.RedisError as error:
        log.info("presence is not known: %s", error)
        return {}
    found = {}
    for case_id, answer in zip(ids, answers, strict=True):
        people = [person for person in _people(answer, at) if person.user_id != user_id]
        if people:
            found[case_id] = min(people, key=lambda person: person.since)
    return found


def _people(answer: Mapping[Any, Any], at: float) -> list[Person]:
    people = [Person(**json.loads(value)) for value in answer.values()]
    return [person for person in people if at - person.seen <= FADES]
