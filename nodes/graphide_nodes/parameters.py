"""The node type `parameters`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from graphide.api import SAMPLER_ORDER, Items, JsonValue, Number, Sampling, Settings, node
from graphide_nodes.shared.texts import EMPTY, listed

BREAKERS = ("\n", ":", '"', "*")


def _problem(settings: Settings) -> str | None:
    samplers = list(settings["samplers"])
    unknown = [name for name in samplers if name not in SAMPLER_ORDER]
    if unknown:
        return f"samplers has an unknown one, {listed(unknown)}; known are {listed(SAMPLER_ORDER)}"
    if len(set(samplers)) < len(samplers):
        return "samplers names one of them twice"
    for token, bias in settings["logit_bias"].items():
        if isinstance(bias, bool) or not isinstance(bias, int | float):
            return f'logit_bias of "{token}" needs a number, such as -100 to forbid it or 5 to favour it'
    return None


@node("parameters", category="model", inline=True, check=_problem)
def parameters(
    *,
    temperature: Annotated[float, Number("Randomness; 0 always takes the likeliest", low=0, high=5, step=0.05)] = 0.8,
    dynatemp_range: Annotated[float, Number("Width around temperature, by certainty", low=0, high=5, step=0.05)] = 0.0,
    dynatemp_exponent: Annotated[float, Number("Curve of the dynamic temperature", low=0, high=10, step=0.1)] = 1.0,
    top_k: Annotated[int, Number("Keep the k likeliest tokens; 0 keeps all", low=0, high=1_000_000)] = 40,
    top_p: Annotated[float, Number("Keep tokens up to this total probability", low=0, high=1, step=0.01)] = 0.95,
    min_p: Annotated[float, Number("Drop tokens below this share of the likeliest", low=0, high=1, step=0.01)] = 0.05,
    top_n_sigma: Annotated[float, Number("Keep tokens within n deviations; -1 is off", low=-1, high=100)] = -1.0,
    typical_p: Annotated[float, Number("Keep typical tokens; 1 is off", low=0, high=1, step=0.01)] = 1.0,
    repeat_penalty: Annotated[float, Number("Divide repeated tokens; 1 is off", low=0, high=10, step=0.05)] = 1.0,
    repeat_last_n: Annotated[int, Number("Tokens looked back for repeats; -1: all", low=-1, high=1_000_000)] = 64,
    presence_penalty: Annotated[float, Number("Less of what occurred at all", low=-10, high=10, step=0.1)] = 0.0,
    frequency_penalty: Annotated[float, Number("Less of what occurred often", low=-10, high=10, step=0.1)] = 0.0,
    xtc_probability: Annotated[float, Number("Chance to drop the likeliest tokens", low=0, high=1, step=0.01)] = 0.0,
    xtc_threshold: Annotated[float, Number("Probability above which XTC drops", low=0, high=1, step=0.01)] = 0.1,
    dry_multiplier: Annotated[float, Number("Strength against repeated phrases; 0 is off", low=0, high=100)] = 0.0,
    dry_base: Annotated[float, Number("Growth of that penalty by length", low=0, high=100, step=0.05)] = 1.75,
    dry_allowed_length: Annotated[int, Number("Longest repeat without penalty", low=0, high=10_000)] = 2,
    dry_penalty_last_n: Annotated[int, Number("Tokens looked back for phrases; -1: all", low=-1, high=1_000_000)] = -1,
    dry_sequence_breakers: Annotated[Sequence[str], Items("Texts that end a phrase", texts=True)] = BREAKERS,
    mirostat: Annotated[int, Number("Aim at an even surprise instead: 1 or 2; 0 is off", low=0, high=2)] = 0,
    mirostat_tau: Annotated[float, Number("Surprise that mirostat aims at", low=0, high=100, step=0.1)] = 5.0,
    mirostat_eta: Annotated[float, Number("How fast mirostat learns", low=0, high=1, step=0.01)] = 0.1,
    min_keep: Annotated[int, Number("Tokens that every sampler keeps", low=0, high=1_000_000)] = 0,
    logit_bias: Annotated[Mapping[str, float], JsonValue("Token or text: added bias", shape="object")] = EMPTY,
    samplers: Annotated[Sequence[str], Items("Samplers in their order", texts=True)] = SAMPLER_ORDER,
    stop: Annotated[Sequence[str], Items("Texts that end the reply", texts=True)] = (),
    seed: Annotated[int | None, Number("Fixed seed; empty takes that of the run", low=0, high=2**32 - 1)] = None,
) -> Sampling:
    r"""Set how a model chooses its words: every sampler, the stop texts and the seed.

    Names, defaults and order are those of llama.cpp's server. Connect the result to `sampling` of one or more models.

        temperature: 0.4
        stop: ["\n\n"]
    """
    chosen: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in locals().items()}
    return Sampling(**chosen)
