"""The source of a judge's answers: a function from prompt to reply, here that of an OpenAI-compatible server."""

import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from study.errors import InvalidInput, StudyError

Chat = Callable[[str, float], str]
"""From a prompt and a temperature to the reply."""

TIMEOUT_SECONDS = 120.0
MOST_TOKENS = 256
LONGEST_ERROR = 200
REFUSALS = (400, 413, 422)
KEY_VARIABLE = re.compile(r"(?!BLINDPAIR_)(?!.*SECRET)[A-Z0-9_]*_(KEY|TOKEN)")


class ServerError(StudyError):
    """The server or the worker failed, so there is no reply."""


class QuestionRefused(ServerError):
    """The server works but rejects this question, for example because it is too long."""


def server_chat(
    base_url: str,
    model: str,
    *,
    key_variable: str | None = None,
    max_tokens: int = MOST_TOKENS,
    timeout: float = TIMEOUT_SECONDS,
) -> Chat:
    """Return a function that asks a server's ``/chat/completions``.

    Parameters
    ----------
    base_url : str
        For example ``http://127.0.0.1:8000/v1``.
    model : str
        Its name on the server.
    key_variable : str, optional
        The environment variable that holds the key; the key itself is neither logged nor stored. Its name must end in
        ``_KEY`` or ``_TOKEN``, so that no other secret of the machine can be sent to a server.
    max_tokens : int
        Limit of a reply.
    timeout : float
        Seconds to wait for a reply.

    Raises
    ------
    InvalidInput
        If the address is invalid, or the variable is not set.
    """
    address = urllib.parse.urlsplit(base_url)
    if address.scheme not in ("http", "https") or not address.netloc:
        raise InvalidInput(f"base_url {base_url!r}; allowed: an address such as http://127.0.0.1:8000/v1")
    if address.username or address.password or address.query:
        raise InvalidInput(
            "base_url contains a user, password or query; give the key in an environment variable"
        )
    if key_variable and not KEY_VARIABLE.fullmatch(key_variable):
        raise InvalidInput(
            f"the environment variable {key_variable!r:.80} cannot hold a server's key: its name must end in _KEY or _TOKEN, "
            "and must not begin with BLINDPAIR_ or contain SECRET"
        )
    key = os.environ.get(key_variable) if key_variable else None
    if key_variable and not key:
        raise InvalidInput(f"the environment variable {key_variable} is not set; set it to the server's key")
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    url = base_url.rstrip("/") + "/chat/completions"

    def ask(prompt: str, temperature: float) -> str:
        body = {
            "model": model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": temperature,
            "max_tokens": max_tokens,
        }
        request = urllib.request.Request(url, json.dumps(body).encode(), headers)
        return _reply(_sent(request, timeout, address.netloc))

    return ask


def _sent(request: urllib.request.Request, timeout: float, host: str) -> bytes:
    try:
        with _opener.open(request, timeout=timeout) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode("utf-8", "replace")
        kind = QuestionRefused if error.code in REFUSALS else ServerError
        raise kind(f"{host} answered {error.code}: {_shortened(text)}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ServerError(f"{host} did not answer: {_shortened(str(reason))}") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuse redirects: they would send the key to another host."""

    def redirect_request(self, *args: object, **options: object) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _reply(body: bytes) -> str:
    try:
        content = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError):
        raise ServerError("the server's answer is not a chat completion") from None
    if not isinstance(content, str):
        raise ServerError("the server's answer contains no text")
    return content


def _shortened(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= LONGEST_ERROR else plain[: LONGEST_ERROR - 1] + "…"
