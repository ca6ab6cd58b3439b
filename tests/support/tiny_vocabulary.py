"""The vocabulary of the tiny models: every byte, some pairs of them, four control tokens, and a chat template.

Byte-level BPE in the manner of GPT-2, so every text has tokens and comes back from them. No weights here.
"""

from __future__ import annotations

from typing import Any

MERGES = (
    *("Ġ t", "h e", "i n", "e r", "a n", "r e", "o n", "Ġ a", "Ġ s", "Ġ w", "o u", "e n", "Ġ o", "i s", "a t", "o r"),
    *("Ġ c", "Ġ b", "i t", "e s", "Ġ f", "e d", "a r", "a l", "l l", "Ġ p", "Ġ m", "Ġ d", "Ġ h", "l e", "Ġ l", "r o"),
    *("Ġt he", "in g", "an d", "Ġo n", "Ġw h", "ou r", "en t", "er s", "Ġa n", "Ġs t", "Ġb e", "at e", "Ġc o", "al l"),
)
BEGIN, END, TURN, TURN_END = "<|begin|>", "<|end|>", "<|turn|>", "<|turn_end|>"
CONTROL = (BEGIN, END, TURN, TURN_END)
TEMPLATE = (
    "{% for message in messages %}<|turn|>{{ message.role }}\n{{ message.content }}<|turn_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
_NORMAL, _CONTROL = 1, 3  # llama_token_type


def byte_letters() -> list[str]:
    """Return the letter that stands for each byte; source: GPT-2 moves the unprintable ones to U+0100 and on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = {byte: 0x100 + index for index, byte in enumerate(byte for byte in range(256) if byte not in printable)}
    return [chr(moved.get(byte, byte)) for byte in range(256)]


def tokens() -> list[str]:
    """Return all tokens by number: the bytes, the merged pairs, the control tokens."""
    return [*byte_letters(), *(merge.replace(" ", "") for merge in MERGES), *CONTROL]


def metadata() -> dict[str, Any]:
    """Return the entries of a GGUF header that hold the vocabulary and the chat template."""
    names = tokens()
    number = {name: names.index(name) for name in CONTROL}
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": names,
        "tokenizer.ggml.token_type": [_CONTROL if name in CONTROL else _NORMAL for name in names],
        "tokenizer.ggml.merges": list(MERGES),
        "tokenizer.ggml.bos_token_id": number[BEGIN],
        "tokenizer.ggml.eos_token_id": number[END],
        "tokenizer.ggml.eot_token_id": number[TURN_END],
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.chat_template": TEMPLATE,
    }


def spoken() -> list[bool]:
    """Return which tokens a tiny model says: printable ASCII. Half a character or an early end would muddle a test."""
    letters = byte_letters()
    plain = {letters[byte] for byte in range(0x20, 0x7F)}
    return [name not in CONTROL and set(name) <= plain for name in tokens()]
