"""A Matrix client on matrix-nio that a test drives with JSON lines over standard input and output.

A request is {"id": 1, "method": "send", "params": {...}}, its answer {"id": 1, "result": ...} or {"id": 1, "error": "..."}.
Without being asked it prints {"message": {...}} for every message that a sync brings, and prints an undecryptable one
once more under the same event id when its key has arrived. End of input stops it.
"""

import asyncio
import base64
import json
import sys

from nio import AsyncClient, AsyncClientConfig, ErrorResponse, Event, MegolmEvent, SyncResponse
from nio.exceptions import EncryptionError

SYNC_TIMEOUT_MS = 30_000
SYNC_FILTER = {"room": {"timeline": {"limit": 1000}}}
PAGE_SIZE = 100


def print_line(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def checked(response):
    """The response, unless it is one of nio's errors, which it returns instead of raising."""
    if isinstance(response, ErrorResponse):
        raise RuntimeError(f"{type(response).__name__}: {response.status_code} {response.message}")
    return response


def message_index(ciphertext):
    """The ratchet index of a Megolm message: a version byte, the tag 0x08, then the index as a varint."""
    message = base64.b64decode(ciphertext + "=" * (-len(ciphertext) % 4))
    if message[:2] != b"\x03\x08":
        raise ValueError("not a Megolm message of version 3")
    index = 0
    for position, byte in enumerate(message[2:]):
        index |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return index
    raise ValueError("the message index does not end")


class Client(AsyncClient):
    """Reports each message that a sync brings, as it was on the wire and as nio reads it."""

    def __init__(self, homeserver, user, store_directory):
        config = AsyncClientConfig(
            encryption_enabled=True, store_sync_tokens=True, max_timeout_retry_wait_time=1, backoff_factor=0.1
        )
        super().__init__(homeserver, user, store_path=store_directory, config=config)
        self.unreadable = []
        self.changed = asyncio.Condition()

    async def receive_response(self, response):
        if not isinstance(response, SyncResponse):
            return await super().receive_response(response)
        # nio replaces events by what they decrypt to, and the message index is on the wire only: keep the originals.
        arrived = [
            (room_id, event.source)
            for room_id, room in response.rooms.join.items()
            for event in room.timeline.events
        ]
        await super().receive_response(response)
        waiting, self.unreadable = self.unreadable, []
        for room_id, wire in waiting:
            if self.describe(room_id, wire)["decryptable"]:
                self.report(room_id, wire)
            else:
                self.unreadable.append((room_id, wire))
        for room_id, wire in arrived:
            self.report(room_id, wire)
        async with self.changed:
            self.changed.notify_all()

    def report(self, room_id, wire):
        event = self.describe(room_id, wire)
        if event["encrypted"] and not event["decryptable"]:
            self.unreadable.append((room_id, wire))
        elif event["type"] != "m.room.message":
            return
        print_line({"message": event})

    def describe(self, room_id, wire):
        event = {
            "eventId": wire["event_id"],
            "roomId": room_id,
            "sender": wire["sender"],
            "type": wire["type"],
            "timestamp": wire["origin_server_ts"],
            "content": wire["content"],
            "encrypted": wire["type"] == "m.room.encrypted",
            "decryptable": False,
        }
        if event["encrypted"]:
            event.update(self.decrypted(room_id, wire))
        return event

    def decrypted(self, room_id, wire):
        content = wire["content"]
        megolm = Event.parse_event(wire)
        if not isinstance(megolm, MegolmEvent):
            return {"error": "redacted" if "redacted_because" in wire.get("unsigned", {}) else "not a Megolm event"}
        session = {
            "sessionId": content["session_id"],
            "messageIndex": message_index(content["ciphertext"]),
            "senderDeviceId": content.get("device_id") or self.device_with(wire["sender"], content.get("sender_key")),
        }
        megolm.room_id = room_id
        try:
            clear = self.decrypt_event(megolm)
        except EncryptionError as error:
            return {**session, "error": str(error)}
        return {**session, "decryptable": True, "type": clear.source["type"], "content": clear.source["content"]}

    def device_with(self, user, sender_key):
        for device in self.device_store.active_user_devices(user):
            if device.curve25519 == sender_key:
                return device.id
        return None

    async def until(self, condition):
        async with self.changed:
            await self.changed.wait_for(condition)


class Requests:
    """One method for each request."""

    def __init__(self, client):
        self.client = client

    async def create_encrypted_room(self, invite, name=None, rotation_period_msgs=None):
        encryption = {"algorithm": "m.megolm.v1.aes-sha2"}
        if rotation_period_msgs is not None:
            encryption["rotation_period_msgs"] = rotation_period_msgs
        initial_state = [{"type": "m.room.encryption", "state_key": "", "content": encryption}]
        created = checked(await self.client.room_create(name=name, invite=invite, initial_state=initial_state))
        await self.until_encrypted(created.room_id)
        return created.room_id

    async def join_room(self, room_id):
        checked(await self.client.join(room_id))
        await self.until_encrypted(room_id)

    async def leave_room(self, room_id):
        checked(await self.client.room_leave(room_id))

    async def invite(self, room_id, user_id):
        checked(await self.client.room_invite(room_id, user_id))

    async def send(self, room_id, content):
        sent = await self.client.room_send(room_id, "m.room.message", content, ignore_unverified_devices=True)
        return checked(sent).event_id

    async def read_timeline(self, room_id):
        events, start = [], None
        while True:
            page = await self.get(f"/_matrix/client/v3/rooms/{room_id}/messages", dir="f", limit=PAGE_SIZE, **start or {})
            events += [self.client.describe(room_id, wire) for wire in page["chunk"]]
            if "end" not in page:
                return events
            start = {"from": page["end"]}

    async def read_event(self, room_id, event_id):
        return await self.get(f"/_matrix/client/v3/rooms/{room_id}/event/{event_id}")

    async def describe(self, room_id, wire):
        return self.client.describe(room_id, wire)

    async def until_encrypted(self, room_id):
        """nio would send plaintext into a room that it has not seen to be encrypted."""
        await self.client.until(lambda: room_id in self.client.rooms and self.client.rooms[room_id].encrypted)

    async def get(self, path, **query):
        headers = {"Authorization": f"Bearer {self.client.access_token}"}
        url = self.client.homeserver + path
        async with self.client.client_session.get(url, params=query, headers=headers) as response:
            body = await response.json()
            if response.status != 200:
                raise RuntimeError(f"GET {path}: {response.status} {body}")
            return body


async def answer(requests, request):
    try:
        method = getattr(requests, request["method"])
        print_line({"id": request["id"], "result": await method(**request["params"])})
    except Exception as error:  # the test decides what an error means
        print_line({"id": request["id"], "error": f"{type(error).__name__}: {error}"})


async def serve(client):
    """Answers requests until the input ends, several at a time."""
    reader = asyncio.StreamReader(limit=2**24)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    requests = Requests(client)
    answers = set()
    while line := await reader.readline():
        task = asyncio.create_task(answer(requests, json.loads(line)))
        answers.add(task)
        task.add_done_callback(answers.discard)


async def main():
    homeserver, user, store_directory = sys.argv[1:]
    client = Client(homeserver, user, store_directory)
    try:
        checked(await client.login(sys.stdin.readline().rstrip("\n")))
        checked(await client.sync(sync_filter=SYNC_FILTER, full_state=True))
        syncing = asyncio.create_task(client.sync_forever(SYNC_TIMEOUT_MS, SYNC_FILTER))
        print_line({"ready": {"userId": client.user_id, "deviceId": client.device_id}})
        serving = asyncio.create_task(serve(client))
        done, _ = await asyncio.wait({syncing, serving}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await client.close()


asyncio.run(main())
