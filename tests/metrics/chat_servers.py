"""Chat servers for tests: one that follows a script, and a checkpoint whose every reply is known."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

ROLES = {"system", "user", "assistant"}
Script = Callable[[str, float], str | int]
"""From prompt and temperature to the reply, or to an HTTP status."""


def what_is_wrong(path: str, kind: str | None, body: dict[str, Any]) -> str | None:
    """Say what a server that keeps to the protocol of chat completions would refuse in a request."""
    messages = body.get("messages")
    rules = {
        f"the path {path}": path == "/v1/chat/completions",
        f"the content type {kind}": kind == "application/json",
        f"keys {sorted(body)}": body.keys() == {"model", "messages", "temperature", "max_tokens"},
        "the model": isinstance(body.get("model"), str) and bool(body["model"]),
        "the messages": isinstance(messages, list)
        and bool(messages)
        and all(one.keys() == {"role", "content"} and one["role"] in ROLES for one in messages)
        and all(isinstance(one["content"], str) for one in messages),
        "the temperature": isinstance(body.get("temperature"), int | float) and 0 <= body["temperature"] <= 2,
        "max_tokens": isinstance(body.get("max_tokens"), int) and body["max_tokens"] > 0,
    }
    return next((f"wrong: {what}" for what, holds in rules.items() if not holds), None)


def completion(model: str, text: str) -> dict[str, Any]:
    """Return a whole reply as `transformers serve` gives it (5.23; `python -m tests.benchmarks.serving` asks one)."""
    return {
        "id": "332dca30-5ea1-4198-aa77-a3c5809e6f8f",
        "choices": [{"finish_reason": "stop", "index": 0, "message": {"content": text, "role": "assistant"}}],
        "created": 1796048787,
        "model": model,
        "object": "chat.completion",
        "usage": {"completion_tokens": 5, "prompt_tokens": 4, "total_tokens": 9},
    }


class ScriptedServer:
    """A server on the loopback that answers chat completions by a script and keeps what it was asked."""

    def __init__(self, script: Script) -> None:
        self.requests: list[dict[str, object]] = []
        self.keys: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(body)
                outer.keys.append(self.headers.get("Authorization"))
                wrong = what_is_wrong(self.path, self.headers.get("Content-Type"), body)
                said = 422 if wrong else script(body["messages"][0]["content"], body["temperature"])
                status = said if isinstance(said, int) else 200
                reply = completion(body["model"], str(said)) if status == 200 else {"error": wrong or "no"}
                data = json.dumps(reply).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/v1")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"


@contextmanager
def scripted(script: Script) -> Iterator[ScriptedServer]:
    """Serve a script for the length of a block."""
    server = ScriptedServer(script)
    thread = threading.Thread(target=server.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.server.shutdown()
        thread.join()
        server.server.server_close()


REPLY = ("Choice:", "[[A]]", "Certainty:", "85")
CHAT_TEMPLATE = (
    "{% for message in messages %}<user> {{ message['content'] }} {% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def save_chat_model(folder: Path) -> None:
    """Write a chat model whose layers do nothing and whose head knows which word follows which: it always says REPLY."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = ["<pad>", "<unk>", "<eos>", "<user>", "<assistant>", *REPLY]
    code = {word: place for place, word in enumerate(words)}
    tokens = Tokenizer(models.WordLevel(code, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # type: ignore[assignment]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokens, unk_token="<unk>", eos_token="<eos>", pad_token="<pad>"
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    width = 16
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=width,
        intermediate_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=4096,
        bos_token_id=None,
        eos_token_id=code["<eos>"],
        pad_token_id=code["<pad>"],
        tie_word_embeddings=False,
    )
    model = LlamaForCausalLM(config)
    chain = ["<assistant>", *REPLY, "<eos>"]
    with torch.no_grad():
        model.model.embed_tokens.weight.copy_(torch.eye(len(words), width))
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        model.lm_head.weight.zero_()
        for before, after in pairwise(chain):
            model.lm_head.weight[code[after], code[before]] = 10.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
