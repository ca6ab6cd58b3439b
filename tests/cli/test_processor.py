"""What a processor can do, read from what the kernel says of it."""

from __future__ import annotations

from graphide.cli.processor import features_in, name_in

INTEL = """
processor	: 0
model name	: Intel(R) Xeon(R) Processor @ 2.50GHz
flags		: fpu sse4_2 fma avx f16c avx2 avx512f avx512_vnni hypervisor

processor	: 1
model name	: Intel(R) Xeon(R) Processor @ 2.50GHz
flags		: fpu sse4_2 fma avx f16c avx2 avx512f hypervisor
"""
ARM = """
processor	: 0
BogoMIPS	: 50.00
Features	: fp asimd evtstrm aes asimddp i8mm bf16
CPU part	: 0xd40
"""


def test_only_what_all_processors_have_is_named() -> None:
    assert features_in(INTEL) == ("SSE4.2", "AVX", "F16C", "FMA", "AVX2", "AVX-512")
    assert features_in(ARM) == ("NEON", "DOTPROD", "I8MM", "BF16")


def test_the_name_is_that_of_the_first_processor() -> None:
    assert name_in(INTEL) == "Intel(R) Xeon(R) Processor @ 2.50GHz"
    assert name_in(ARM) == ""


def test_a_text_that_says_nothing_gives_nothing() -> None:
    assert (features_in(""), name_in("no colon here\n\0")) == ((), "")
