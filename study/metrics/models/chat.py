"""A worker process with a local chat model: one question per line on stdin, one reply per line on stdout."""

import json
import sys
from typing import Any, TextIO

LONGEST_ERROR = 300


class ChatModel:
    """A causal model with a chat template, loaded by transformers."""

    def __init__(self, model: str, max_tokens: int) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.max_tokens = max_tokens
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer: Any = AutoTokenizer.from_pretrained(model)
        if not self.tokenizer.chat_template:
            raise ValueError(f"{model} is not a chat model: it has no chat template")
        loaded: Any = AutoModelForCausalLM.from_pretrained(model)
        self.model = loaded.to(self.device).eval()

    def reply(self, prompt: str, temperature: float) -> str:
        """Return the model's reply; at temperature 0 by greedy decoding."""
        import torch

        messages = [{"role": "user", "content": prompt}]
        inputs = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        ).to(self.device)
        torch.manual_seed(0)  # a retry differs by its temperature; a rerun gives the same replies
        chosen = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
        pad = self.tokenizer.pad_token_id or self.tokenizer.eos_token_id
        with torch.inference_mode():
            made = self.model.generate(**inputs, max_new_tokens=self.max_tokens, pad_token_id=pad, **chosen)
        start = inputs["input_ids"].shape[1]
        return str(self.tokenizer.decode(made[0, start:], skip_special_tokens=True))


def serve(model: str, max_tokens: int, questions: TextIO, replies: TextIO) -> None:
    """Answer questions until the input ends; the first, empty one asks whether the model is loaded."""
    chat: ChatModel | None = None
    for line in questions:
        question = json.loads(line)
        try:
            chat = chat or ChatModel(model, max_tokens)
            text = chat.reply(question["prompt"], question["temperature"]) if question else ""
            found = {"reply": text}
        except (OSError, ValueError, RuntimeError, ImportError, KeyError, IndexError) as error:
            lines = str(error).strip().splitlines() or [type(error).__name__]
            found = {"error": f"the model {model} gave no reply: {lines[0][:LONGEST_ERROR]}"}
        replies.write(json.dumps(found) + "\n")
        replies.flush()


if __name__ == "__main__":
    own, sys.stdout = sys.stdout, sys.stderr  # keeps what libraries print out of the replies
    serve(sys.argv[1], int(sys.argv[2]), sys.stdin, own)
