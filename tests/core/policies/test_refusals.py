"""What a refusal is called, and whether it ends a question, a run or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import PolicyBusyError, PolicyClosedError, PolicyError
from core.policies import failures
from core.policies.refusals import Trouble, trouble_of

_PAGE = "<html><body>403 Forbidden</body></html>"


def _body(message: str, code: object = None, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "code": code}}


_CONTEXT = "This model's maximum context length is 8192 tokens. However, you asked for 9000."


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (400, _body("prompt exceeds maximum context length"), "context too long"),
        (400, _body("x", "context_length_exceeded"), "context too long"),
        (500, _body(_CONTEXT), "context too long"),
        (403, _body(_CONTEXT), "context too long"),
        (413, _body("too large"), "context too long"),
        (
            400,
            _body(
                "the request exceeds the available context size. try increasing the context size",
                400,
                "exceed_context_size_error",
            ),
            "context too long",
        ),
        (
            400,
            _body("request (9 tokens) exceeds the available context size", 400),
            "context too long",
        ),
        (400, _body("x", "content_filter"), "content filter"),
        (400, _body("The response was flagged by our content policy"), "content filter"),
        (422, _body("seed must be positive"), "bad request"),
        (400, _body("Failed to parse: 'quota' in messages"), "bad request"),
        (
            400,
            _body("cannot read: {'content': 'raise Error(\"insufficient balance\")'}"),
            "bad request",
        ),
        (400, _body("messages[1]: 'the model of a car was not found'"), "bad request"),
    ],
)
def test_a_question_that_cannot_pass_ends_itself_alone(
    status: int, body: dict[str, Any], word: str
) -> None:
    error = failures.of_status(status, body, {})
    assert str(error).startswith(f"{word}: HTTP {status}:")
    assert not isinstance(error, PolicyBusyError | PolicyClosedError)
    assert not error.may_be_billed


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (402, _body("the content limit of your account"), "spend limit"),
        (429, _body("You exceeded your current quota", "insufficient_quota"), "spend limit"),
        (429, _body("x", None, "insufficient_quota"), "spend limit"),
        (403, _body("Insufficient credits: add some"), "spend limit"),
        (401, _body("quota"), "key refused"),
        (403, _body("x", "third_party_data_sharing_blocked"), "not allowed"),
        (400, _body("Unable", "model_not_available"), "model not available"),
        (400, _body("Unable to access non-serverless model m."), "model not available"),
        (404, _body("The model `m` does not exist"), "model not available"),
        (404, {"detail": "Not Found"}, "model not available"),
        (404, "404 page not found", "model not available"),
    ],
)
def test_what_every_question_would_meet_closes_the_run(
    status: int, body: object, word: str
) -> None:
    error = failures.of_status(status, body, {})
    assert isinstance(error, PolicyClosedError)
    assert str(error).startswith(f"{word}: HTTP {status}:")


@pytest.mark.parametrize(
    ("status", "body", "word"),
    [
        (403, _PAGE, "gateway"),
        (404, _PAGE, "gateway"),
        (404, "", "gateway"),
        (404, None, "gateway"),
        (503, _PAGE, "overloaded"),
        (503, _body("model m is not available", "model_not_available"), "overloaded"),
        (500, _body("billing", "insufficient_quota"), "server error"),
        (429, _body("You exceeded your current quota: requests per minute"), "rate limit"),
        (409, _body("busy"), "overloaded"),
        (521, None, "server error"),
    ],
)
def test_what_may_pass_is_asked_again(status: int, body: object, word: str) -> None:
    error = failures.of_status(status, body, {"retry-after": "3"})
    assert isinstance(error, PolicyBusyError)
    assert str(error).startswith(f"{word}: HTTP {status}:")
    assert error.retry_after_s == 3.0


def test_every_status_has_a_word_and_a_refusal_of_the_question_is_free() -> None:
    for status in range(400, 600):
        error = failures.of_status(status, {}, {})
        assert isinstance(error, PolicyError)
        assert trouble_of(status, {}) in Trouble
        if not isinstance(error, PolicyBusyError):
            assert not error.may_be_billed
