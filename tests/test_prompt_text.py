"""Prompt texts: placeholders, widgets, filling in, and hostile texts that must end soon with a clear error."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from graphide.errors import GraphideError
from graphide.prompt_text import Limits, Placeholder, jinja, placeholders, render
from graphide.prompt_text.plain import plain_names
from graphide.values import Message

PEOPLE = [{"name": "Ada", "age": 36}, {"name": "Bob", "age": 20}]


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("no braces", {}, "no braces"),
        ("", {}, ""),
        ("Hello {{ name }}!\n", {"name": "Ada"}, "Hello Ada!\n"),
        ("{{a}}{{ a }}{{\n b }}", {"a": "x", "b": "y"}, "xxy"),
        ("{{ a }}", {"a": "{{ b }} {% x"}, "{{ b }} {% x"),
        ("{ {a} } }} %} #}", {}, "{ {a} } }} %} #}"),
        (
            "{{ n }} {{ x }} {{ yes }} {{ no }} {{ none_ }}",
            {"n": 3, "x": 2.5, "yes": True, "no": False, "none_": None},
            "3 2.5 true false ",
        ),
        (
            "{{ xs }} {{ o }}",
            {"xs": [1, "é", None, True], "o": {"b": 1, "a": [2]}},
            '[1,"é",null,true] {"a":[2],"b":1}',
        ),
        ("{{ m }}", {"m": Message("user", "hi")}, '{"content":"hi","role":"user"}'),
        ("one\r\ntwo\r{{ a }}", {"a": "x\r\ny"}, "one\ntwo\nx\r\ny"),
        ("{{ big }}", {"big": 2**80}, str(2**80)),
        ("{{ big }}", {"big": [2**80]}, f"[{2**80}]"),
    ],
)
def test_a_plain_text_is_filled_in_the_same_way_with_and_without_jinja(
    text: str, values: Mapping[str, Any], expected: str
) -> None:
    assert plain_names(text) is not None
    assert render(text, values) == expected
    assert jinja.render(text, values, Limits()) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% if yes %}a{% else %}b{% endif %}{% if not yes %}c{% endif %}", "a"),
        (
            "{% for p in people %}{{ loop.index }}. {{ p.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1. Ada, 2. Bob",
        ),
        ("{% for p in people if p.age > 30 %}{{ p['name'] }}{% else %}nobody{% endfor %}", "Ada"),
        ("{% for k, v in o.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"),
        ("{% for k in o %}{{ k }}{% endfor %}{{ o.get('z', 9) }}", "ab9"),
        ("{% set x = 'a' ~ 1 ~ true ~ none %}{{ x }}", "a1true"),
        ("{% set x %}one {{ name }}{% endset %}{{ x|upper }}", "ONE ADA LOVELACE"),
        (
            "{% macro hi(who, n=2) %}{{ 'hi ' * n }}{{ who }}{% endmacro %}{{ hi('you') }}{{ hi('me', n=1) }}",
            "hi hi youhi me",
        ),
        ("{% macro box() %}[{{ caller() }}]{% endmacro %}{% call box() %}in{% endcall %}", "[in]"),
        ("{% set ns = namespace(n=0) %}{% for i in range(5) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}", "10"),
        ("{% filter upper %}shout{% endfilter %}{% with a = 1 %}{{ a }}{% endwith %}", "SHOUT1"),
        ("{% raw %}{{ not }}{% endraw %}{# gone #}", "{{ not }}"),
        ("{{ name|upper }} {{ name|lower }} {{ 'a b'|title }} {{ ' x '|trim }}.", "ADA LOVELACE ada lovelace A B x."),
        ("{{ xs|join(', ') }} {{ xs|length }} {{ xs|first }} {{ xs|last }}", "3, 1, 2, 3 4 3 3"),
        (
            "{{ xs|sort|join }} {{ xs|unique|list|length }} {{ xs|sum }} {{ xs|max }} {{ xs|reverse|join }}",
            "1233 3 9 3 3213",
        ),
        ("{{ gone|default('here') }} {{ gone|d('x')|upper }}", "here X"),
        ("{{ 'aba'|replace('a', 'o') }} {{ 'aba'.replace('a', 'o', 1) }} {{ 2.567|round(1) }}", "obo oba 2.6"),
        ("{{ o|tojson }} {{ '<é>'|tojson }}", '{"a": 1, "b": 2} "<é>"'),
        ("{{ people|map(attribute='name')|join(' & ') }}", "Ada & Bob"),
        ("{{ people|selectattr('age', 'gt', 30)|map(attribute='name')|list }}", '["Ada"]'),
        ("{{ people|sort(attribute='age')|map(attribute='name')|join }}", "BobAda"),
        ("{{ xs|map('string')|map('upper')|join }} {{ xs|select('odd')|join }}", "3123 313"),
        ("{% for g in people|groupby('age') %}{{ g.grouper }}:{{ g.list|length }} {% endfor %}", "20:1 36:1 "),
        ("{{ 'a\nb'|indent(2) }} {{ 'many words here'|truncate(9) }} {{ 'a b'|wordcount }}", "a\n  b many... 2"),
        (
            "{{ '%s has %.1f %d%%'|format('x', 1.25, 50) }} {{ '%05d' % 7 }} {{ '%s%s' % (1, 'b') }} {{ '%s' % [1] }} {{ '%(a)s' % o }}",
            "x has 1.2 50% 00007 1b [1] 1",
        ),
        (
            "{{ name[:3] }} {{ name.split(' ')|last }} {{ 'Ada' in name }} {{ name.startswith('A') }}",
            "Ada Lovelace true true",
        ),
        (
            "{{ 7 // 2 }} {{ 7 % 2 }} {{ 2 ** 10 }} {{ 1 + 2 * 3 }} {{ -xs[0] }} {{ 'ab' * 2 }} {{ [1] + [2] }}",
            "3 1 1024 7 -3 abab [1,2]",
        ),
        ("{{ 'x' if yes else 'y' }}{{ 'hidden' if not yes }}", "x"),
        (
            "{{ gone is defined }} {{ name is string }} {{ 4 is divisibleby 2 }} {{ xs is sequence }}",
            "false true true true",
        ),
        ("{{ [1, 'a', none, {'k': (1, 2)}] }}", '[1,"a",null,{"k":[1,2]}]'),
        ("{{ '<b>' }} {{ '<b>'|e }}", "<b> &lt;b&gt;"),
        ("{{- name -}}  \n  {%- if yes %} x{% endif %}\n", "Ada Lovelace x\n"),
        (
            "{{ name | choice('a', 'b') }}{{ xs | list }}{{ 5 | number(1, 10) }}{{ yes | toggle }}",
            "Ada Lovelace[3,1,2,3]5true",
        ),
    ],
)
def test_jinja_works(text: str, expected: str) -> None:
    values = {"yes": True, "name": "Ada Lovelace", "xs": [3, 1, 2, 3], "o": {"a": 1, "b": 2}, "people": PEOPLE}
    assert render(text, values) == expected


HOSTILE = {
    "nested loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "nested loops with output": "{% for i in range(99999) %}{% for j in range(99999) %}xxxxxxxx{% endfor %}{% endfor %}",
    "loops in a set block": "{% set x %}{% for i in range(99999) %}" + "y" * 9999 + "{% endfor %}{% endset %}{{ x }}",
    "loop with a filter": "{% for i in range(99999) if range(99999)|sum < 0 %}{% endfor %}",
    "loop over a name": "{% for i in xs %}{% for i in xs %}{% for i in xs %}{% for i in xs %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
    "endless macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "branching macro": "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}",
    "macro and caller": "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
    "recursive loop": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "doubling": "{% set x = 'a' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}",
    "doubling with +": "{% set x = 'a' %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "doubling with join": "{% set x = 'a' %}" + "{% set x = [x, x]|join %}" * 60 + "{{ x }}",
    "doubling with replace": "{% set x = 'aa' %}" + "{% set x = x|replace('a', 'aa') %}" * 60 + "{{ x }}",
    "doubling a list": "{% set x = [1] %}" + "{% set x = x + x %}" * 60 + "{{ x }}",
    "doubling a shared list": "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x == x[:] }}{{ x }}",
    "doubling a shared object": "{% set x = {} %}" + "{% set x = {'a': x, 'b': x} %}" * 60 + "{{ x|tojson }}",
    "squaring": "{% set x = 9 %}" + "{% set x = x * x %}" * 60 + "{{ x }}",
    "deep list": "{% set n = namespace(x=[]) %}{% for i in range(99999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
    "deep tuple": "{% set n = namespace(x=()) %}{% for i in range(99999) %}{% set n.x = (n.x,) %}{% endfor %}{{ {n.x: 1} }}",
    "lazy chain": "{% set n = namespace(x=[1]) %}{% for i in range(99999) %}{% set n.x = n.x|map('abs') %}{% endfor %}{{ n.x|list }}",
    "many large values": "{% set x = 'a' * 900000 %}" + "".join(f"{{% set x{i} = x ~ {i} %}}" for i in range(500)),
    "many slices": "{% set x = 'a' * 900000 %}" + "".join(f"{{% set x{i} = x[1:] %}}" for i in range(500)),
    "multiplied text": "{{ 'a' * 10**10 }}",
    "multiplied text, turned": "{{ 10**10 * 'a' }}",
    "multiplied list": "{{ [1] * 10**10 }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "printf": "{{ '%1000000000d'|format(1) }}",
    "printf operator": "{{ '%1000000000d' % 1 }}",
    "printf star": "{{ '%*d' % (1000000000, 1) }}",
    "printf precision": "{{ '%.1000000000f'|format(1) }}",
    "str.format": "{{ '{:>1000000000}'.format(1) }}",
    "center": "{{ 'a'.center(1000000000) }}",
    "center filter": "{{ 'a'|center(1000000000) }}",
    "ljust": "{{ 'a'.ljust(1000000000) }}",
    "zfill": "{{ 'a'.zfill(1000000000) }}",
    "expandtabs": "{{ '\t'.expandtabs(1000000000) }}",
    "join": "{{ range(99999)|join('x' * 900000) }}",
    "str.join": "{{ ('x' * 900000).join(['a'] * 99999) }}",
    "replace": "{{ ('a' * 900000)|replace('a', 'b' * 900000) }}",
    "replace nothing": "{{ ('a' * 900000)|replace('', 'b' * 900000) }}",
    "str.replace": "{{ ('a' * 900000).replace('a', 'b' * 900000) }}",
    "indent": "{{ ('\n' * 900000)|indent(1000000000) }}",
    "indent text": "{{ ('\n' * 900000)|indent('x' * 900000) }}",
    "tojson indent": "{{ [[[1]]]|tojson(indent=1000000000) }}",
    "round": "{{ 1|round(-1000000000) }}",
    "round up": "{{ 1|round(1000000000, 'ceil') }}",
    "sum of lists": "{{ ([[1] * 900] * 900)|sum(start=[]) }}",
    "batch": "{{ [1]|batch(1000000000, 1) }}",
    "lipsum": "{{ lipsum(n=100000) }}",
    "range": "{{ range(10**9) }}",
    "huge range": "{{ range(10**99) }}",
    "list of ranges": "{{ [99999] * 9999 }}{% for n in [99999] * 9999 %}{{ range(n)|sort|length }}{% endfor %}",
    "long integer": "{{ 0x" + "f" * 500_000 + " // 3 }}",
    "int filter": "{{ ('f' * 500000)|int(base=16) }}",
    "parentheses": "{{ " + "(" * 50_000 + "1" + ")" * 50_000 + " }}",
    "brackets": "{{ " + "[" * 50_000 + " }}",
    "minuses": "{{ " + "-" * 50_000 + "1 }}",
    "nots": "{{ " + "not " * 50_000 + "1 }}",
    "long sum": "{{ " + "+".join(["1"] * 20_000) + " }}",
    "many filters": "{{ 1" + "|abs" * 20_000 + " }}",
    "many blocks": "{% for a in [1] %}" * 100 + "{% endfor %}" * 100,
    "many ifs": "{% if 1 %}" * 5_000 + "{% endif %}" * 5_000,
    "many pieces": "{% if 1 %}x{% endif %}" * 40_000,
    "open tags": "{% " * 100_000,
    "open braces": "{" * 500_000,
    "open comments": "{# " * 100_000,
    "blanks": "{%" + " " * 500_000 + "x",
    "many ranges": "".join(f"{{% set x{i} = range(99999) %}}" for i in range(500)),
    "ranges in a list": "{% set n = namespace(x=[]) %}{% for i in range(999) %}{% set n.x = n.x + [range(9999)] %}{% endfor %}",
    "unrolled comparisons": "{% set x = [1] * 150000 %}{% set y = [1] * 150000 %}" + "{% if x == y %}{% endif %}" * 900,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_ends_soon_with_an_error(name: str) -> None:
    started = time.process_time()
    with pytest.raises(GraphideError) as caught:
        render(HOSTILE[name], {"xs": list(range(1000))}, limits=Limits(seconds=0.3))
    assert time.process_time() - started < 4  # generous: the machine may be busy
    assert caught.value.message and not caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ x|map(attribute='__class__')|list }}",
        "{{ (1).__class__ }}",
        "{{ range.__globals__ }}",
        "{{ range.function }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ dict.mro() }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{{ 'format'|attr('__class__') }}",
        "{{ self }}{{ self.__init__ }}",
        "{{ self._TemplateReference__context }}",
        "{% macro m() %}{% endmacro %}{{ m._func }}",
        "{% macro m() %}{% endmacro %}{{ m.__init__.__globals__ }}",
        "{% macro m() %}{{ varargs }}{% endmacro %}{{ m(1) }}",
        "{% for i in [1] %}{{ loop.__init__ }}{% endfor %}",
        "{% for i in [1] %}{{ loop._iterator }}{% endfor %}",
        "{{ namespace(a=1)._Namespace__attrs }}",
        "{{ x.append(1) }}",
        "{{ x.sort() }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ joiner }}",
        "{{ x() }}",
        "{{ 'a'() }}",
        "{{ ''|xmlattr }}",
        "{{ range }}",
        "{% include 'file' %}",
        "{% import 'file' as x %}",
        "{% from 'file' import x %}",
        "{% extends 'file' %}",
        "{% block a %}{% endblock %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% do x %}",
    ],
)
def test_nothing_but_the_allow_list_can_be_reached(text: str) -> None:
    with pytest.raises(GraphideError):
        render(text, {"x": [1]})


def test_memory_stays_bounded_whatever_a_text_builds() -> None:
    tracemalloc.start()
    try:
        for name in ("many large values", "many slices", "many ranges", "ranges in a list", "doubling", "str.join"):
            with pytest.raises(GraphideError):
                render(HOSTILE[name], {}, limits=Limits(seconds=2))
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("a\n{{ b }}", "line 2", 'placeholder "b" has no value'),
        ("a\n{% if 1 %}\n{{ b|upper }}{% endif %}", "line 3", 'placeholder "b" has no value'),
        ("{{ x\n.y }}", "line 2", "the object has no 'y'"),
        ("\n{% if %}", "line 2", "Expected an expression, got 'end of statement block'"),
        ("\n\n{% foo %}", "line 3", "Encountered unknown tag 'foo'"),
        ("{% if x %}\n", "line 1", "Unexpected end of template"),
        ("\n{{ x | uper }}", "line 2", 'there is no filter "uper"'),
        ("\n{{ 1 / 0 }}{{ x }}", "line 2", "a number is divided by zero"),
        ("{{ ﬁ }}", "line 1", '"ﬁ" cannot be a name'),
        ("{{ 'a' + 1 }}{% if 0 %}{% endif %}", "line 1", '"+" does not work on a text and a number'),
        ("\n{% for c in 5 %}{% endfor %}", "line 2", "{% for %} needs a list, but this is a number"),
    ],
)
def test_an_error_says_what_and_where(text: str, where: str, message: str) -> None:
    with pytest.raises(GraphideError) as caught:
        render(text, {"x": {}})
    assert caught.value.where == where
    assert caught.value.message.startswith(message)


def test_a_missing_value_says_how_to_make_it_optional() -> None:
    with pytest.raises(GraphideError, match=r'line 1: placeholder "who" has no value.*\{\{ who \| default'):
        render("Hello {{ who }}", {})


def test_an_output_longer_than_the_limit_is_an_error_in_both_paths() -> None:
    limits = Limits(output=10)
    for text in ("{{ a }}", "{% if 1 %}{{ a }}{% endif %}"):
        assert render(text, {"a": "x" * 10}, limits=limits) == "x" * 10
        with pytest.raises(GraphideError, match="longer than 10 characters"):
            render(text, {"a": "x" * 11}, limits=limits)


def test_values_are_not_changed_and_unused_ones_are_ignored() -> None:
    values = {"xs": [3, 1], "unused": object()}
    assert render("{{ xs|sort }}{{ xs }}", values) == "[1,3][3,1]"
    assert values["xs"] == [3, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("none", ()),
        ("{{ b }} {{ a }} {{ b }}", (Placeholder("b"), Placeholder("a"))),
        ('{{ f | choice("list", "prose") }}', (Placeholder("f", "choice", choices=("list", "prose")),)),
        ("{{ f | choice(['a', 1, true]) }}", (Placeholder("f", "choice", choices=("a", "1", "true")),)),
        ("{{ t | input }}{{ e | longtext }}", (Placeholder("t"), Placeholder("e", "longtext"))),
        ("{{ n | number(1, 10) }}", (Placeholder("n", "number", low=1, high=10),)),
        (
            "{{ n | number(high=2.5) }}{{ i | integer(0) }}",
            (Placeholder("n", "number", high=2.5), Placeholder("i", "integer", low=0)),
        ),
        (
            "{{ a|toggle }}{{ b|file }}{{ c|list }}{{ d|json }}",
            (Placeholder("a", "toggle"), Placeholder("b", "file"), Placeholder("c", "list"), Placeholder("d", "json")),
        ),
        ("{{ a | default('x') }}{{ b }}", (Placeholder("a", optional=True), Placeholder("b"))),
        ("{{ a | default('x') }}{{ a }}", (Placeholder("a"),)),
        ("{{ a | choice('x') | default('x') }}", (Placeholder("a", "choice", choices=("x",), optional=True),)),
        ("{{ a | d(1) | integer }}", (Placeholder("a", "integer", optional=True),)),
        ("{% if a is defined %}{{ a }}{% endif %}", (Placeholder("a", optional=True),)),
        ("{{ a }} {% if a %}{{ a | longtext }}{% endif %}", (Placeholder("a", "longtext"),)),
        ("{% for x in xs %}{{ x }}{{ loop.index }}{{ y }}{% endfor %}", (Placeholder("xs"), Placeholder("y"))),
        ("{% set a = 1 %}{{ a }}{{ range(3) }}{{ b }}", (Placeholder("b"),)),
        ("{% macro m(a) %}{{ a }}{{ b }}{% endmacro %}{{ m(c) }}", (Placeholder("b"), Placeholder("c"))),
        ("{% raw %}{{ a }}{% endraw %}{# {{ b }} #}", ()),
        ("{{ größe }}", (Placeholder("größe"),)),
    ],
)
def test_placeholders_and_their_widgets(text: str, expected: tuple[Placeholder, ...]) -> None:
    assert placeholders(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ a | choice }}",
        "{{ a | choice(b) }}",
        "{{ a | number('x') }}",
        "{{ a | number(3, 1) }}",
        "{{ a | number(1, 2, 3) }}",
        "{{ a b }}",
        "{{ 1a }}",
        "{{ a",
        "{% for %}",
        "{{ a | nope }}",
    ],
)
def test_a_wrong_widget_or_syntax_is_an_error_with_its_line(text: str) -> None:
    with pytest.raises(GraphideError) as caught:
        placeholders("\n" + text)
    assert caught.value.where == "line 2"


values_of_any_kind = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
fragments = st.sampled_from(
    [
        "{{ a }}",
        "{{b}}",
        "{{  c }}",
        "{{\n a}}",
        "{",
        "}",
        "{{",
        "}}",
        "%}",
        "{%",
        "{#",
        "#}",
        " ",
        "\n",
        "\r\n",
        "\r",
        "a",
        "{{ }}",
        "{{ true }}",
        "{{ none }}",
        "{{ range }}",
        "{{ self }}",
        "{{ not }}",
        "{{ missing }}",
        "{{ a b }}",
        "é",
        "\\",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    text=st.lists(fragments | st.text(max_size=4), max_size=8).map("".join),
    values=st.fixed_dictionaries(dict.fromkeys("abc", values_of_any_kind)),
)
def test_the_fast_way_and_the_jinja_way_agree(text: str, values: Mapping[str, Any]) -> None:
    if plain_names(text) is None:
        return
    assert placeholders(text) == jinja.placeholders(text)
    outcomes: list[object] = []
    for way in (render, lambda text, values: jinja.render(text, values, Limits())):
        try:
            outcomes.append(way(text, values))
        except GraphideError as error:
            outcomes.append(("error", error.message, error.where, error.hint))
    assert outcomes[0] == outcomes[1]


@settings(max_examples=200, deadline=None)
@given(text=st.lists(fragments | st.text(max_size=4), max_size=12).map("".join))
def test_any_text_renders_or_raises_a_graphide_error(text: str) -> None:
    try:
        render(text, {"a": [1], "b": {"k": "v"}, "c": "x"}, limits=Limits(seconds=0.5, output=1000))
        placeholders(text)
    except GraphideError:
        pass


def test_plain_texts_do_not_import_jinja() -> None:
    code = (
        "import sys\nfrom graphide.prompt_text import placeholders, render\n"
        "render('Hi {{ a }} {{ b }}', {'a': 1, 'b': [1]}); placeholders('{{ a }}'); render('x', {})\n"
        "sys.exit(any(name.startswith(('jinja2', 'markupsafe')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
