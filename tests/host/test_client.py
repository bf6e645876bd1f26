"""Requests and events over the memory link, with everything that can go wrong on the way."""

import time
from functools import partial

import cbor2
import pytest

from runicd.client import Client, Event, follow
from runicd.errors import (
    BoardError,
    LinkBusy,
    LinkClosed,
    LinkError,
    LinkTimeout,
    RefusedError,
)
from runicd.links.memory import MemoryLink
from runicos.contract import errors as codes
from runicos.contract import wire
from tests.host.peer import HELLO, Failure, Peer, error, event, response


@pytest.fixture
def peer() -> Peer:
    return Peer()


def conversation(peer: Peer, **options: float) -> tuple[Client, list[MemoryLink]]:
    links: list[MemoryLink] = []

    def connect() -> MemoryLink:
        links.append(MemoryLink(peer))
        return links[-1]

    return Client(connect, **options), links


def test_hello_tells_the_limits_and_our_version(peer: Peer) -> None:
    client, _ = conversation(peer)
    assert peer.requests == [("hello", {"host": "0.1.0"})]
    assert client.greeting.board == "peer"
    assert (client.greeting.chunk_bytes, client.greeting.window_bytes) == (100, 400)


def test_a_request_returns_the_answer_and_keeps_events_for_later(peer: Peer) -> None:
    peer.answers["stats"] = lambda arguments: {"of": arguments["name"]}
    peer.events["stats"] = [["log", 1], ["log", 2]]
    client, _ = conversation(peer)
    assert client.request("stats", {"name": "sine"}) == {"of": "sine"}
    assert client.next_event(0) == Event("log", 1)
    assert client.next_event(0) == Event("log", 2)
    assert client.next_event(0) is None


def test_a_request_longer_than_a_frame_is_split(peer: Peer) -> None:
    peer.answers["stats"] = lambda arguments: len(arguments["name"])
    client, links = conversation(peer)
    assert client.request("stats", {"name": "x" * 5000}) == 5000
    longest = max(len(piece) for piece in bytes(links[0].sent).split(bytes([wire.END])))
    assert longest < 2 * (1024 + wire.OVERHEAD_BYTES)


def test_text_around_the_frames_is_the_repls(peer: Peer) -> None:
    peer.answers["ps"] = lambda _: (
        b"MicroPython>>> " + response(peer.number, ["row"]) + b"\r\n>>> "
    )
    client, _ = conversation(peer)
    assert client.request("ps") == ["row"]


def test_an_answer_in_single_bytes_is_whole(peer: Peer) -> None:
    client, links = conversation(peer)
    answer = bytearray()

    def later(_: object) -> bytes:
        answer.extend(response(peer.number, [1, 2, 3]))
        return b""

    peer.answers["ps"] = later

    def one_byte(timeout_s: float) -> bytes:
        return bytes([answer.pop(0)]) if answer else b""

    links[0].receive = one_byte  # type: ignore[method-assign]
    assert client.request("ps") == [1, 2, 3]


def test_a_late_answer_to_an_earlier_request_is_not_taken_for_this_ones(peer: Peer) -> None:
    client, _ = conversation(peer)
    peer.answers["ps"] = b""
    with pytest.raises(LinkTimeout, match="no answer to `ps` within"):
        client.request("ps", deadline_s=0.05)
    earlier = peer.number
    peer.answers["ps"] = lambda _: response(earlier, "old") + response(peer.number, "new")
    assert client.request("ps") == "new"


def test_an_answer_to_an_earlier_clients_request_is_not_taken_for_a_later_ones(peer: Peer) -> None:
    """Each counts from a number by chance: five of them hardly ever from the same one."""
    numbers = []
    for _ in range(5):
        client, _ = conversation(peer)
        client.request("ps")
        numbers.append(peer.number)
    assert len(set(numbers)) > 1


def test_silence_ends_at_the_deadline(peer: Peer) -> None:
    peer.answers["hello"] = b""
    started = time.monotonic()
    says_how_to_recover = (
        r"no answer within 0\.2 s; a program runs at its REPL, it is not a RunicOS board, "
        r"or the cable is loose: .*sim restart TARGET"
    )
    with pytest.raises(LinkTimeout, match=says_how_to_recover):
        conversation(peer, hello_s=0.2)
    assert time.monotonic() - started > 0.19


@pytest.mark.parametrize("heard", [b"login: ", bytes([wire.START]) + b"junk" + bytes([wire.END])])
def test_something_else_on_the_port_is_told_from_silence(peer: Peer, heard: bytes) -> None:
    peer.answers["hello"] = heard
    with pytest.raises(LinkTimeout, match="what answers is no RunicOS board"):
        conversation(peer, hello_s=0.1)


def test_hello_is_repeated_until_it_gets_through(peer: Peer) -> None:
    asked = []

    def second_time(_: object) -> object:
        asked.append(1)
        return HELLO if len(asked) > 1 else b""

    peer.answers["hello"] = second_time
    client, _ = conversation(peer)
    assert client.greeting.board == "peer"
    assert len(asked) == 2


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {**HELLO, "window": 0},
        {**HELLO, "chunk_max": -1},
        {**HELLO, "board": 7},
        {key: value for key, value in HELLO.items() if key != "frame_max"},
    ],
)
def test_a_hello_that_makes_no_sense_is_an_error(peer: Peer, answer: object) -> None:
    peer.answers["hello"] = answer
    with pytest.raises(LinkError, match="hello"):
        conversation(peer)


def test_another_protocol_is_named(peer: Peer) -> None:
    peer.answers["hello"] = {**HELLO, "protocol": 9}
    with pytest.raises(LinkError, match="speaks protocol 9 and runicd 1; update"):
        conversation(peer)


def test_the_link_is_closed_when_hello_fails(peer: Peer) -> None:
    peer.answers["hello"] = {}
    links = []

    def connect() -> MemoryLink:
        links.append(MemoryLink(peer))
        return links[0]

    with pytest.raises(LinkError):
        Client(connect)
    assert links[0].closed


def test_what_the_board_said_before_it_closed_the_link_is_told(peer: Peer) -> None:
    def turned_away() -> MemoryLink:
        link = MemoryLink(peer)
        link.push(error(0, codes.LINKS_TAKEN, 5))
        link.cut()
        return link

    with pytest.raises(LinkBusy, match="all 5 links to the board are taken") as told:
        Client(turned_away)
    assert told.value.exit_code == 4


@pytest.mark.parametrize("payload", [b"", b"\xff", b"\x82\x01", b"\x5f"])
def test_an_answer_that_is_no_cbor_is_an_error(peer: Peer, payload: bytes) -> None:
    client, _ = conversation(peer)
    peer.answers["ps"] = lambda _: wire.encode(wire.RESPONSE, 0, peer.number, payload)
    with pytest.raises(LinkError, match="cannot be read"):
        client.request("ps")


@pytest.mark.parametrize("value", [None, [], [1], ["x", []], [1, {}], 5])
def test_an_error_that_is_none_is_an_error(peer: Peer, value: object) -> None:
    client, _ = conversation(peer)
    peer.answers["ps"] = lambda _: wire.encode(wire.ERROR, 0, peer.number, cbor2.dumps(value))
    with pytest.raises(LinkError, match="the board's error cannot be read"):
        client.request("ps")


def test_a_message_without_end_is_an_error(peer: Peer) -> None:
    client, _ = conversation(peer)

    def endless(_: object) -> bytes:
        return wire.encode(wire.RESPONSE, wire.MORE, peer.number, bytes(60000)) * 80

    peer.answers["ps"] = endless
    with pytest.raises(LinkError, match="too long"):
        client.request("ps")


@pytest.mark.parametrize(
    ("code", "arguments", "exit_code", "words"),
    [
        (codes.NO_SUCH_RUNE, ["sine"], 1, "there is no Rune named sine"),
        (codes.BUSY, ["the upload of a"], 3, "the board is busy with the upload of a"),
        (codes.TRAP, ["[trap] unreachable executed", 3], 5, "unreachable executed at call 3"),
        (codes.SOURCE_END, ["SOUND"], 5, "the data of SOUND has come to its end"),
        (9999, ["x", 2], 3, "error 9999 x 2"),
    ],
)
def test_board_errors_become_sentences_and_exit_codes(
    peer: Peer, code: int, arguments: list[object], exit_code: int, words: str
) -> None:
    client, _ = conversation(peer)
    peer.answers["call"] = Failure(code, *arguments)
    with pytest.raises(BoardError) as caught:
        client.request("call", {"name": "sine"})
    assert words in str(caught.value)
    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)
    assert caught.value.arguments == tuple(arguments)


def test_a_refusal_lists_every_reason(peer: Peer) -> None:
    client, _ = conversation(peer)
    reasons = [[codes.RAM_SHORT, 14_000, 74_000, 60_000], [codes.NO_OP, "model", "LSTM:int8"]]
    peer.answers["start"] = Failure(codes.REFUSED, *reasons)
    with pytest.raises(RefusedError) as caught:
        client.request("start", {"name": "a"})
    assert caught.value.reasons == (
        "short by 14000 bytes of RAM: 74000 needed, 60000 available",
        "model model: op LSTM:int8 unsupported; the firmware lacks it",
    )
    assert caught.value.exit_code == 3


def test_a_request_that_arrived_damaged_is_sent_again(peer: Peer) -> None:
    client, _ = conversation(peer)
    seen = []

    def damaged_once(_: object) -> object:
        seen.append(1)
        return error(0, codes.BAD_FRAME, "checksum") if len(seen) == 1 else {"calls": 1}

    peer.answers["call"] = damaged_once
    assert client.request("call", {"name": "a", "count": 1}) == {"calls": 1}
    assert len(seen) == 2


def test_a_line_that_damages_everything_is_given_up(peer: Peer) -> None:
    client, _ = conversation(peer)
    peer.answers["call"] = lambda _: error(0, codes.BAD_FRAME, "checksum")
    with pytest.raises(BoardError, match="damaged on the way"):
        client.request("call", {"name": "a"})
    assert [verb for verb, _ in peer.requests].count("call") == 3


def test_reading_goes_on_over_a_new_link(peer: Peer) -> None:
    client, links = conversation(peer)
    client.request("subscribe", {"topics": ["out"]})
    links[0].cut()
    assert client.request("ps") == []
    assert len(links) == 2
    verbs = [verb for verb, _ in peer.requests]
    assert verbs == ["hello", "subscribe", "hello", "subscribe", "ps"]


@pytest.mark.parametrize("verb", ["start", "stop", "rm", "call", "begin", "commit", "reset"])
def test_what_changes_the_board_is_never_sent_twice(peer: Peer, verb: str) -> None:
    client, links = conversation(peer)
    links[0].cut()
    with pytest.raises(LinkClosed):
        client.request(verb, {"name": "a"})
    assert len(links) == 1


def test_following_survives_a_lost_link(peer: Peer) -> None:
    client, links = conversation(peer)
    client.request("subscribe", {"topics": ["out"]})
    peer.events["subscribe"] = [["out", "after"]]
    links[0].cut()
    assert follow(client, 0.1, 5.0) is None
    assert follow(client, 0.1, 5.0) == Event("out", "after")


def test_following_ends_when_the_board_stays_away(peer: Peer) -> None:
    client, links = conversation(peer)
    links[0].cut()
    peer.answers["hello"] = b""
    with pytest.raises(LinkClosed):
        follow(client, 0.1, 0.0)


def test_events_that_are_none_are_dropped(peer: Peer) -> None:
    client, links = conversation(peer)
    for value in (None, [], ["out"], [1, 2], "text"):
        links[0].push(wire.encode(wire.EVENT, 0, 0, cbor2.dumps(value)))
    links[0].push(event("out", 5))
    assert client.next_event(0.1) == Event("out", 5)


def test_every_corruption_of_an_answer_is_survived(peer: Peer) -> None:
    """Flip each byte of an answer in turn: an answer, or an error of ours, never anything else."""
    client, _ = conversation(peer)

    def corrupted(place: int, _: object) -> bytes:
        bad = bytearray(response(peer.number, {"a": [1, 2], "b": "text"}))
        bad[place % len(bad)] ^= 0x55
        return bytes(bad)

    # Some ids are stuffed, so that the frame is a byte or two longer.
    for place in range(len(corrupted(0, None)) + 2):
        peer.answers["ps"] = partial(corrupted, place)
        with pytest.raises((LinkError, BoardError)):
            client.request("ps", deadline_s=0.005)
