"""The prompts of the benchmark of local inference: chats under one system prompt, rows of a template, a long document.

All are made up here, the same in every run; a tag in front makes one that no cache has seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from contestants import Chat

# About 240 tokens, as an assistant of a small shop would have.
SYSTEM = (
    "You are the assistant of a small bookshop by the harbour. Answer kindly and in whole sentences. The shop opens at"
    " nine in the morning and closes at six in the evening, on Saturdays at two, and stays shut on Sundays. It sells new"
    " and used books, maps of the coast, postcards and tea. Books that are not there can be ordered and arrive within"
    " four days; orders above thirty euros are sent free of charge, all others for three euros. Used books may be brought"
    " on Wednesdays and are paid for in vouchers. Readings take place on the first Thursday of each month, begin at"
    " eight and cost five euros, or nothing for pupils and students. Never promise a discount, never name a customer,"
    " and do not speak about politics. When somebody asks for advice on what to read, ask first what they liked last,"
    " and name no more than three titles. When somebody is unhappy, say that you are sorry, say what happens next, and"
    " give the telephone number of the shop. When you do not know an answer, say so, and offer to ask the owner. Keep to"
    " the language that the customer writes in."
)
_SUBJECTS = (
    "a lighthouse keeper, a river, a winter market, an old violin, a lost letter, a mountain village, a night train,"
    " a garden, a clockmaker, a storm at sea, a young painter, a library, a fox, a bakery, an island, a bridge,"
    " a sailing boat, a map, a school, a desert, a doctor, a forest, a radio, a castle, a teacher, a glacier, a farmer,"
    " a museum, a whale, a telescope, a spice trader, a tower, a cat, a canal, a miner, a harvest, a chess player,"
    " a beekeeper, a volcano, a postman"
)
SUBJECTS = _SUBJECTS.split(", ")
SHORT_HEAD = "Explain in a few sentences what this customer wants and how to answer.\n\n"
_WORDS = (
    "harbour letter morning window paper garden river teacher winter market bridge island forest engine bottle silver"
    " number corner shadow summer village captain history yellow kitchen machine weather journey picture station"
)
WORDS = _WORDS.split()
LONG_TOKENS = 2000
TOKENS_PER_LINE = 25  # counted with the model's own tokenizer, rounded up


def story(number: int) -> Chat:
    """Return a short question that asks for a long answer; there are forty."""
    return (("user", f"Tell me a long story about {SUBJECTS[number % len(SUBJECTS)]}."),)


def chats(group: int) -> list[Chat]:
    """Return eight chats with the same system prompt and different questions; groups 0 to 4 share none of them."""
    return [(("system", SYSTEM), *story(8 * group + place)) for place in range(8)]


def rows(group: int, count: int = 32) -> list[Chat]:
    """Return rows of one template: a short head, and a message that is another one in every row and group."""
    draw = random.Random(f"rows {group}")
    return [(("user", f"{SHORT_HEAD}{_message(draw)}"),) for _ in range(count)]


def _message(draw: random.Random) -> str:
    order, day = draw.randrange(10_000, 99_999), draw.randrange(1, 29)
    things = ", ".join(draw.sample(WORDS, 8))
    return f"Message {order}: on day {day} I asked for {things}, and only half of it came. What will you do about it?"


def document(tag: str, size: int = LONG_TOKENS) -> str:
    """Return numbered sentences of about `size` tokens, different from the first word on for every tag."""
    draw = random.Random(tag)
    return "\n".join(f"{tag} {line}: {sentence}" for line, sentence in enumerate(_sentences(draw, size), 1))


def _sentences(draw: random.Random, size: int) -> Iterator[str]:
    for _ in range(size // TOKENS_PER_LINE):
        yield f"the {' and the '.join(draw.sample(WORDS, 5))} were seen."


def long_chat(tag: str, last_line: str = "Say in one sentence what this is about.") -> Chat:
    """Return a chat of about 2,000 tokens whose last line can be edited."""
    return (("user", f"{document(tag)}\n{last_line}"),)
