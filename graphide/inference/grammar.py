"""Forced shapes of an answer: a JSON schema or a GBNF grammar, made into the engine's grammar sampler.

Runs in the worker process. How a grammar takes part in sampling is in `sampler`.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from graphide.errors import InferenceFault
from graphide.inference.model import Model

_SHOWN = 300


def wanted_grammar(json_schema: Mapping[str, Any] | None, grammar: str) -> str:
    """Return the GBNF of a request, "" when its text is free.

    Raises InferenceFault (bad_request) when both are given or the schema cannot be expressed.
    """
    if json_schema is not None and grammar:
        raise InferenceFault("bad_request", "a JSON schema and a grammar were both given", hint="Leave one of them out")
    return gbnf_of_schema(json_schema) if json_schema is not None else grammar


def gbnf_of_schema(schema: Mapping[str, Any]) -> str:
    """Return the GBNF grammar of a JSON schema; raises InferenceFault (bad_request) when there is none."""
    convert: Callable[[str], str] = importlib.import_module("llama_cpp.llama_grammar").json_schema_to_gbnf
    try:
        return convert(json.dumps(schema))
    # The converter raises whatever its parsing of a wrong schema stumbles over.
    except (RecursionError, LookupError, TypeError, ValueError, AttributeError, AssertionError, OSError) as error:
        raise _bad("the JSON schema cannot be turned into a grammar", error) from error
    except NotImplementedError as error:
        raise _bad("the JSON schema uses something that grammars do not have", error) from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise _bad("the JSON schema cannot be turned into a grammar", error) from error


def grammar_sampler(model: Model, gbnf: str) -> Any:
    """Return the engine's sampler of a grammar, to be freed by its owner.

    Raises InferenceFault (bad_request) when the engine cannot read it. Some wrong grammars end the process instead;
    the app then finds the same fault, because it knows that the grammar was being read.
    """
    if "\0" in gbnf:
        raise InferenceFault("bad_request", "the grammar holds a null character", hint="Remove it")
    sampler = model.library.llama_sampler_init_grammar(model.vocabulary.handle, gbnf.encode(), b"root")
    if not sampler:
        lines = model.log.lines()
        reason = f": {lines[-1][:_SHOWN]}" if lines else ""
        raise InferenceFault(
            "bad_request",
            f"the engine cannot read this grammar{reason}",
            engine_lines=lines,
            hint='A grammar is GBNF text with a rule named "root", for example: root ::= "yes" | "no"',
        )
    return sampler


def _bad(message: str, error: BaseException) -> InferenceFault:
    reason = str(error)[:_SHOWN] or type(error).__name__
    return InferenceFault(
        "bad_request", f"{message}: {reason}", hint="Check the schema; keep to types, properties, enum"
    )
