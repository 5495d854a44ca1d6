"""Read the JSON body of a request to the staff API."""

from __future__ import annotations

import json
from typing import TypeVar

import flask
from pydantic import BaseModel

from ..domain.errors import InvalidInput
from .problems import problem

LONGEST_BODY = 64 * 1024

_Body = TypeVar("_Body", bound=BaseModel)


class UnusableBody(Exception):
    """The body cannot be read as JSON at all; `response` says why."""

    def __init__(self, response: flask.Response) -> None:
        super().__init__()
        self.response = response


def read_body(model: type[_Body]) -> _Body:
    """The body as the model has it; raises UnusableBody, InvalidInput or pydantic.ValidationError."""
    if flask.request.mimetype != "application/json":
        raise UnusableBody(problem(415, "unsupported-media-type", "The body must be application/json."))
    data = flask.request.get_data()
    body = model.model_validate_json(data)
    # The model holds plain values only, so this second look at the keys cannot run deep.
    # It is not read for its values: json is only asked for repeated keys.
    json.loads(data, object_pairs_hook=_unique)
    return body


def _unique(pairs: list[tuple[str, object]]) -> None:
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInput(name, "must not be given twice")
