"""Calls of models: what is tried again, what ends a call, what it costs, what is kept; over real HTTP through litellm."""

import socket
import struct
import threading
import time

import pytest

from seig_search.config import BudgetSettings
from seig_search.errors import SeigError
from seig_search.models import Endpoint, LiveModels, ReplayedModels, Tape, Unmetered
from seig_search.search.budget import Budget

QUESTION = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}]}]
PICTURE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def endpoint(desk, **more):
    return Endpoint("openai/desk", desk.url, **{"timeout_s": 20.0, "backoff_s": 0.0, **more})


def ask(models, desk, key="geometry/0/propose", messages=QUESTION, **more):
    return models.call(endpoint(desk, **more), messages, key=key, role="proposer", temperature=0.0, seed=1)


def test_a_rate_limit_waits_as_long_as_the_server_asks(desk):
    def limited(to):
        body = b'{"error": {"message": "slow down"}}'
        to.send_response(429)
        for name, value in (
            ("Retry-After", "7"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ):
            to.send_header(name, value)
        to.end_headers()
        to.wfile.write(body)

    desk.steps, waits, meter = [limited, 503, "a mug"], [], Unmetered()
    assert ask(LiveModels(meter, wait=waits.append), desk, backoff_s=3.0).text == "a mug"
    assert waits == [7.0, 6.0]
    assert [bool(call.error) for call in meter.calls] == [True, True, False]
    assert [call.tokens_in + call.tokens_out for call in meter.calls] == [0, 0, 120]


def test_a_server_that_drips_forever_is_hung_up_on(desk):
    released = threading.Event()

    def drip(to):
        to.send_response(200)
        to.send_header("Content-Type", "application/json")
        to.end_headers()
        try:
            while not released.wait(0.05):
                to.wfile.write(b" ")
                to.wfile.flush()
        except OSError:
            released.set()

    desk.steps = [drip]
    began = time.monotonic()
    with pytest.raises(SeigError, match=r"did not answer within 0\.5 s"):
        ask(LiveModels(Unmetered()), desk, timeout_s=0.5)
    assert time.monotonic() - began < 15
    assert released.wait(15), "the connection was left open"


def test_a_connection_that_is_reset_is_tried_again(desk):
    def reset(to):
        # Linger of 0 s: closing sends a reset instead of an end.
        to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        to.connection.close()

    desk.steps, meter = [reset, "a mug"], Unmetered()
    assert ask(LiveModels(meter), desk).text == "a mug"
    assert len(meter.calls) == 2


def test_ten_megabytes_are_cut(desk):
    desk.steps = ["x" * 10_000_000]
    reply = ask(LiveModels(Unmetered()), desk)
    assert len(reply.text) == 1_000_000 and reply.cut_off


@pytest.mark.parametrize("finish", ["content_filter", "length", "stop", "something_new"])
def test_the_reason_of_the_end_is_kept(desk, finish):
    desk.steps, desk.finish = ["text"], finish
    reply = ask(LiveModels(Unmetered()), desk)
    assert reply.cut_off == (finish == "length")
    assert (reply.finish == "content_filter") == (finish == "content_filter")


def test_prices_that_were_given_count(desk):
    desk.steps, meter = ["text"], Unmetered()
    ask(LiveModels(meter), desk, usd_per_million_in=10.0, usd_per_million_out=100.0)
    assert meter.calls[0].usd == pytest.approx(100 * 1e-5 + 20 * 1e-4)
    ask(LiveModels(meter), desk)
    assert meter.calls[1].usd is None, "an unknown price is no price of 0"


def test_a_dollar_cap_needs_a_price_before_anything_is_sent(desk):
    desk.steps = ["text"]
    budget = Budget(BudgetSettings(renders=1, usd=1.0))
    with pytest.raises(SeigError, match=r"usd_per_million_in=X.*budget.model_calls=N"):
        ask(LiveModels(budget), desk)
    assert not desk.asked


def test_a_call_that_might_break_a_cap_is_not_sent(desk):
    desk.steps = ["text"]
    budget = Budget(BudgetSettings(renders=1, tokens=1000))
    models = LiveModels(budget)
    with pytest.raises(SeigError, match=r"might take the run to 10.. tokens, the cap is 1000"):
        ask(models, desk, max_tokens=1000)
    assert not desk.asked and "no room for another model call" in budget.models_exhausted()
    assert ask(models, desk, max_tokens=100).text == "text"
    assert budget.exhausted() is None, "renders and tuning may go on"


def test_what_was_answered_is_not_asked_again(desk, tmp_path):
    desk.steps, meter = ["a mug", "a jug"], Unmetered()
    for _ in range(2):
        tape = Tape(tmp_path)
        assert ask(LiveModels(meter, tape), desk).text == "a mug"
        tape.close()
    assert len(desk.asked) == 1 == len(meter.calls)
    tape = Tape(tmp_path)
    other = [{"role": "user", "content": [{"type": "text", "text": "What is that?"}]}]
    with pytest.raises(SeigError, match=r"line 2 was 'What is it.' and is 'What is that.'"):
        ask(LiveModels(meter, tape), desk, messages=other)


def test_pictures_are_kept_once_and_keys_never(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-5f3a9c")
    seen = [{"type": "image_url", "image_url": {"url": PICTURE}}, {"type": "text", "text": "What is it?"}]
    desk.steps, tape = (
        ["a dot", "a dot", lambda to: to.send(400, {"error": {"message": "bad sk-planted-5f3a9c"}})],
        Tape(tmp_path),
    )
    models = LiveModels(Unmetered(), tape)
    for key in ("one", "two"):
        ask(models, desk, key, [{"role": "user", "content": seen}])
    with pytest.raises(SeigError) as failure:
        ask(models, desk, "three", [{"role": "user", "content": seen}])
    assert "planted" not in str(failure.value)
    assert desk.asked[0]["authorization"] == "Bearer sk-planted-5f3a9c"
    assert desk.asked[0]["messages"][0]["content"][0]["image_url"]["url"] == PICTURE
    assert len(list((tmp_path / "pictures").iterdir())) == 1
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"planted" in path.read_bytes()]


def replayed(tmp_path, meter, **more):
    return ReplayedModels(Tape(tmp_path), meter, None, str(tmp_path), **more)


def test_a_recording_answers_and_counts(desk, tmp_path):
    desk.steps, meter, tape = [429, "a mug"], Unmetered(), Tape(tmp_path)
    ask(LiveModels(meter, tape, wait=lambda seconds: None), desk)
    tape.close()
    asked, again = len(desk.asked), Unmetered()
    assert ask(replayed(tmp_path, again), desk).text == "a mug"
    assert len(desk.asked) == asked and again.calls == meter.calls


def test_a_recorded_failure_fails_again(desk, tmp_path):
    desk.steps, tape = [400], Tape(tmp_path)
    with pytest.raises(SeigError) as first:
        ask(LiveModels(Unmetered(), tape), desk)
    tape.close()
    with pytest.raises(SeigError) as second:
        ask(replayed(tmp_path, Unmetered()), desk)
    assert str(first.value) == str(second.value)


def test_a_recording_that_does_not_match_says_where(desk, tmp_path):
    desk.steps, tape = ["a mug"], Tape(tmp_path)
    ask(LiveModels(Unmetered(), tape), desk)
    tape.close()
    other = [{"role": "user", "content": [{"type": "text", "text": "What is this?"}]}]
    with pytest.raises(SeigError, match=r"geometry/0/propose no longer matches.*'What is it.' and is 'What is this.'"):
        ask(replayed(tmp_path, Unmetered()), desk, messages=other)
    assert ask(replayed(tmp_path, Unmetered(), strict=False), desk, messages=other).text == "a mug"
    with pytest.raises(SeigError, match=r"has no call geometry/1/propose.*holds 1 calls"):
        ask(replayed(tmp_path, Unmetered()), desk, "geometry/1/propose")


def test_another_picture_is_told_and_used(desk, tmp_path, caplog):
    def seen(url):
        return [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]

    desk.steps, tape = ["a mug"], Tape(tmp_path)
    ask(LiveModels(Unmetered(), tape), desk, messages=seen(PICTURE))
    tape.close()
    assert ask(replayed(tmp_path, Unmetered()), desk, messages=seen(PICTURE.replace("M9QD", "M9QE"))).text == "a mug"
    assert "pictures of the call geometry/0/propose differ" in caplog.text


def shown(text, url=PICTURE):
    return [
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": text}],
        }
    ]


def test_numbers_measured_on_other_renders_may_differ_in_their_last_digits(desk, tmp_path):
    desk.steps, tape, other = ["a mug"], Tape(tmp_path), PICTURE.replace("M9QD", "M9QE")
    text = "Measured: ssim 0.7906, psnr 17.25; the mug: 12,40-98,120"
    ask(LiveModels(Unmetered(), tape), desk, messages=shown(text))
    tape.close()
    near = "Measured: ssim 0.791, psnr 17.24; the mug: 13,40-98,119"
    assert ask(replayed(tmp_path, Unmetered()), desk, messages=shown(near, other)).text == "a mug"
    for far in (text.replace("0.7906", "0.85"), text.replace("12,40", "16,40"), text.replace("mug", "jug")):
        with pytest.raises(SeigError, match="no longer matches"):
            ask(replayed(tmp_path, Unmetered()), desk, messages=shown(far, other))


def test_numbers_may_not_differ_if_every_picture_is_the_same(desk, tmp_path):
    desk.steps, tape = ["a mug"], Tape(tmp_path)
    ask(LiveModels(Unmetered(), tape), desk, messages=shown("at most 3 edits"))
    tape.close()
    with pytest.raises(SeigError, match=r"'at most 3 edits' and is 'at most 4 edits'"):
        ask(replayed(tmp_path, Unmetered()), desk, messages=shown("at most 4 edits"))
