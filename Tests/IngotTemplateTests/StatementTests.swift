// SPDX-License-Identifier: Apache-2.0

import Testing

/// Expected texts are those of jinja2 3.1.6 on Python 3.11.
@Suite struct StatementTests {
    @Test("runs statements as jinja2 does", arguments: cases)
    func matches(_ rendering: Rendering) throws {
        try rendering.check()
    }

    static let cases: [Rendering] = [
        Rendering(
            "{% for k, v in d.items() %}{{ loop.index }}{{ k }}={{ v }},{% endfor %"
                + "}",
            "1a=1,2b=[2, 'x'],3é=None,"
        ),
        Rendering(
            "{% for k in d %}{{ k }}{{ loop.last }}{% endfor %}"
                + " {% for c in 'abé' %}{{ c }}.{% endfor %} {% for x in u1 %}x{% else %}"
                + "none{% endfor %} {% for x in [] %}{% else %}e{% endfor %}",
            "aFalsebFalseéTrue a.b.é. none e"
        ),
        Rendering(
            "{% for a, b in [[1,2],[3,4]] %}{{ a }}{{ b }}{% endfor %}"
                + " {% for a, (b, c) in [[1,[2,3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
            "1234 123"
        ),
        Rendering(
            "{% for x in [1,2,3,4] if x % 2 == 0 %}"
                + "{{ loop.index }}/{{ loop.length }}:{{ x }}{{ loop.first }}{{ loop.last"
                + " }} {% else %}no{% endfor %}",
            "1/2:2TrueFalse 2/2:4FalseTrue "
        ),
        Rendering(
            "{% for x in [1,2,3] %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revi"
                + "ndex0 }}{{ loop.previtem|default('-') }}{{ loop.nextitem|default('+') "
                + "}}{{ loop.depth }}{{ loop.cycle('a','b') }}{{ loop.changed(x // 2) }} "
                + "{% endfor %}",
            "032-21aTrue 121131bTrue 2102+1aFalse "
        ),
        Rendering(
            "{% for x in [1,2,3,4,5] %}{% if x == 2 %}{% continue %}{% endif %}"
                + "{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}",
            "13"
        ),
        Rendering(
            "{% for x in [1] %}{% break %}{% else %}else{% endfor %}"
                + "|{% for x in [1,2] %}{% for y in [1,2] %}{{ loop.index }}{% endfor %}"
                + "{{ loop.index }}{% endfor %}",
            "else|121122"
        ),
        Rendering(
            "{% set x = 1 %}{% for i in [1,2] %}{% set x = x + 1 %}"
                + "{{ x }}{% endfor %}{{ x }}",
            "221"
        ),
        Rendering(
            "{% set ns = namespace(x=1, y='a') %}{% for i in [1,2] %}"
                + "{% set ns.x = ns.x + i %}{% endfor %}"
                + "{{ ns.x }}{{ ns.y }}{{ ns.z is defined }}{{ ns.z }}{{ ns['x'] }}",
            "4aFalse4"
        ),
        Rendering(
            "{% set ns = namespace({'a': 1}, b=2) %}"
                + "{{ ns.a + ns.b }}{% set ns.c = [1] %}{{ ns.c }}",
            "3[1]"
        ),
        Rendering(
            "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set c = 1, 2 %}"
                + "{{ c }}{% set (e, f) = 'xy' %}{{ e }}{{ f }}",
            "12(1, 2)xy"
        ),
        Rendering(
            "{% set x %}a{{ 1 }}b{% endset %}"
                + "{{ x }}{{ x is string }}{% set y | upper | trim %}"
                + " a{{ 1 }}b {% endset %}[{{ y }}]",
            "a1bTrue[A1B]"
        ),
        Rendering(
            "{% set x %}{% set inner = 5 %}{% endset %}"
                + "{{ inner is defined }}{% if true %}{% set z = 1 %}{% endif %}{{ z }}",
            "False1"
        ),
        Rendering(
            "{% macro f(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}"
                + "{{ f(1) }} {{ f(1, 3) }} {{ f(1, c=9) }} {{ f(a='x') }} {{ f(1,2,3) }}"
                + "{{ f.name }}",
            "121 131 129 x2x 123f"
        ),
        Rendering(
            "{% macro f(a) %}{{ a }}|{{ a is defined }}{% endmacro %}{{ f() }}",
            "|False"
        ),
        Rendering(
            "{% macro f(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}"
                + "{{ f(1,2,3,k=4) }}{{ f(1) }}",
            "(2, 3){'k': 4}(){}"
        ),
        Rendering(
            "{% macro f(x) %}<{{ caller(x) }}>{% endmacro %}{% call(y) f(5) %}"
                + "{{ y }}!{% endcall %}",
            "<5!>"
        ),
        Rendering(
            "{% macro f(n) %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}"
                + "{% endmacro %}{{ f(5) }}",
            "54321"
        ),
        Rendering(
            "{% macro f() %}{{ x }}{% endmacro %}{% set x = 1 %}"
                + "{{ f() }}{% set x = 2 %}{{ f() }}",
            "12"
        ),
        Rendering(
            "{% macro f() %}{% set x = 5 %}{{ x }}{% endmacro %}{% set x = 1 %}"
                + "{{ f() }}{{ x }}",
            "51"
        ),
        Rendering(
            "{% macro outer() %}{% macro inner() %}i{% endmacro %}"
                + "{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}",
            "iFalse"
        ),
        Rendering(
            "{% macro f() %} x {% endmacro %}"
                + "{{ f()|trim }}{{ f() ~ 'a' }}{{ f()|length }}{{ f() + 'y' }}",
            "x x a3 x y"
        ),
        Rendering(
            "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a is defined }}",
            "3False"
        ),
        Rendering(
            "{% filter upper %}abc{{ 'd' }}{% endfilter %}"
                + "{% filter replace('a', 'b') | upper %}aaa{% endfilter %}",
            "ABCDBBB"
        ),
        Rendering(
            "{% print 1, 'a' %}",
            "1a"
        ),
        Rendering(
            "{{ d|items|list }}{{ u1|items|list }}{% for k, v in d|items %}"
                + "{{ k }}{{ v }}{% endfor %}",
            "[('a', 1), ('b', [2, 'x']), ('é', None)][]a1b[2, 'x']éNone"
        ),
        Rendering(
            "{{ [1,2]|select('odd')|first }}{{ ([1,2,3]|select('odd'))|join(',') }}"
                + "{% set g = [1,2]|map('string') %}"
                + "{{ g|list }}{{ g|list }}{{ (['a']|map('upper')) is iterable }}{{ (['a'"
                + "]|map('upper')) is sequence }}{{ 'A' in (['a']|map('upper')) }}",
            "11,3['1', '2'][]TrueFalseTrue"
        ),
        Rendering(
            "{% if false %}{{ 1|nofilter }}{% endif %}ok",
            "ok"
        ),
        Rendering(
            "{% raw %}{{ x }}{% endraw %}|{%- raw -%}  a {{ b }} {%- endraw -%}"
                + " |{% raw %} {% if %} {% endraw %}",
            "{{ x }}|a {{ b }}| {% if %} "
        ),
        Rendering(
            "{% raw %}",
            ""
        ),
        Rendering(
            "{% if 0 %}a{% elif 1 %}b{% else %}c{% endif %}{% if 0 %}a{% elif 0 %}"
                + "b{% else %}c{% endif %}{% if 0 %}a{% endif %}",
            "bc"
        ),
        Rendering(
            "{% if 1: %}a{% endif %}{% for x in [1]: %}{{ x }}{% endfor %}",
            "a1"
        ),
        Rendering(
            "{% macro f(a, b) %}{{ a }}{{ b }}{% endmacro %}"
                + "{{ f(*[1,2]) }}{{ f(**{'a':1,'b':2}) }}{{ f(1, *[2]) }}{{ f(b=1, *[2])"
                + " }}",
            "12121221"
        ),
        Rendering(
            "{% for x in [1,2] %}{% set y = x %}{% endfor %}"
                + "{{ y is defined }}{% for x in [1] %}{% if true %}{% set q = x %}"
                + "{% endif %}{{ q }}{% endfor %}{{ q is defined }}{{ x is defined }}",
            "False1FalseTrue"
        ),
        Rendering(
            "{% for x in [[1,2],[3]] %}{% for x in x %}{{ x }}{% endfor %}"
                + "{{ x }}{% endfor %}",
            "12[1, 2]3[3]"
        ),
        Rendering(
            "{% set ns = namespace(stop=false) %}"
                + "{% for x in [1,2,3] if not ns.stop %}{{ x }}{% if x == 1 %}"
                + "{% set ns.stop = true %}{% endif %}{% endfor %}",
            "1"
        ),
        Rendering(
            "{% set ns = namespace(stop=false) %}"
                + "{% for x in [1,2,3] if not ns.stop %}"
                + "{{ x }}{{ loop.last }}{% if x == 1 %}{% set ns.stop = true %}"
                + "{% endif %}{% endfor %}",
            "1False2True"
        ),
        Rendering(
            "{% generation %}a{% set x = 1 %}{% endgeneration %}"
                + "{{ x is defined }}{% for i in [1,2] %}{% generation %}"
                + "{{ i }}{{ loop.index }}é{% endgeneration %}|{% endfor %}",
            "aTrue11é|22é|"
        ),
        Rendering(
            "{% for i in [1,2] %}{% set x %}a{% continue %}{% endset %}{% endfor %}"
                + "{{ x is defined }}",
            "True"
        ),
        Rendering(
            "{% set x = [] %}{% set x = x + [1] %}{% set x = x + ['a'] %}"
                + "{{ x }}{{ x|length }}",
            "[1, 'a']2"
        ),
        Rendering(
            "{% raw %}",
            ""
        ),
        Rendering(
            "{% for x in [1,2] %}{% continue %}{% else %}e{% endfor %}"
                + "|{% for x in [1,2] %}{% if x == 2 %}{% break %}{% endif %}{% else %}"
                + "e{% endfor %}",
            "e|"
        ),
    ]
}
