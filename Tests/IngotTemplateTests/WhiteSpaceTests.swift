// SPDX-License-Identifier: Apache-2.0

import Testing

/// Expected texts are those of jinja2 3.1.6 on Python 3.11.
@Suite struct WhiteSpaceTests {
    @Test("trims around tags as jinja2 does", arguments: cases)
    func matches(_ rendering: Rendering) throws {
        try rendering.check()
    }

    static let cases = [
        Rendering("a\n", "a"),
        Rendering("a\n\n", "a\n"),
        Rendering("a\r\nb\rc\r\n", "a\nb\nc"),
        Rendering("{{ x }}\n", "X"),
        Rendering("a{", "a{"),
        Rendering("{ {", "{ {"),
        Rendering("}} %} #}", "}} %} #}"),
        Rendering("{{ '}}' }}", "}}"),
        Rendering("{{ '%}' }}{% if '%}' %}y{% endif %}", "%}y"),
        Rendering("{{ {'a':{'b':1}}}}", "{'a': {'b': 1}}"),
        Rendering("{#}#}", ""),
        Rendering("{#-#}", ""),
        Rendering("{# {{ #}x", "x"),
        Rendering("a {#- b -#} c", "ac"),
        Rendering("{{-x-}}", "X"),
        Rendering("{{ -l[0] }}", "-1"),
        Rendering("a \n {%+ if x %}b{% endif %}", "a \n b"),
        Rendering("a\n  {% if x %}\n  b\n  {% endif %}\nc", "a\n  b\nc"),
        Rendering("a\n  {%- if x -%}\n  b\n  {%- endif -%}\nc", "abc"),
        Rendering("a\n  {%+ if x +%}\n  b\n  {%+ endif +%}\nc", "a\n  \n  b\n  \nc"),
        Rendering("  {{ x }}  \n  {{ x }}\n", "  X  \n  X"),
        Rendering("  {# c #}\n  {# d #}\nx", "x"),
        Rendering("\n\n{% set y = 1 %}\n\n{{ y }}\n\n", "\n\n\n1\n"),
        Rendering("\u{A0}{% set y = 1 %}\u{2003}{{- y -}}\u{3000}z", "1z"),
        Rendering("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        Rendering("a {%- raw -%}  {% b %} {%- endraw -%} c", "a{% b %}c"),
        Rendering("{% raw %}\n  {{ x }}\n{% endraw %}\nd", "\n  {{ x }}\nd"),
        Rendering("{% raw %}", ""),
        Rendering("x{#", "x"),
        Rendering("{% for i in [1, 2] %}\n  {{ i }}\n{% endfor %}\n", "  1\n  2\n"),
        Rendering("{% for i in [1, 2] -%}\n  {{ i }}\n{%- endfor %}\n", "12"),
        Rendering("{%set y=1%}{{y}}", "1"),
        Rendering("{{ 'a\nb' }}", "a\nb"),
        Rendering("\t{% if x %}\n\ty\n\t{% endif %}", "\ty\n"),
    ]
}
