// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotTemplate

@Suite struct FailureTests {
    @Test("refuses what jinja2 refuses", arguments: sources)
    func refuses(_ source: String) {
        #expect(throws: TemplateError.self) {
            try ChatTemplate(source: source).render(Rendering.variables)
        }
    }

    static let sources = [
        "{{ u1.x }}",
        "{{ u1.x is defined }}",
        "{{ u1['x'] }}",
        "{{ u1 + 'a' }}",
        "{{ u1 < 1 }}",
        "{{ u1() }}",
        "{{ -u1 }}",
        "{{ u1[1:] }}",
        "{{ d[1:] }}",
        "{{ l.append(1) }}",
        "{{ s.__class__.__mro__ }}",
        "{{ d.__class__() }}",
        "{{ 'abc'.split('') }}",
        "{{ 'abc'.split(1) }}",
        "{{ 'abc'.startswith(1) }}",
        "{{ u1.startswith('a') }}",
        "{{ ','.join([1]) }}",
        "{{ 'abc'.index('x') }}",
        "{{ '{}'.format() }}",
        "{{ '%s' % ('a', 'b') }}",
        "{{ '%s %s' % 'a' }}",
        "{{ '%d' % 'a' }}",
        "{{ u1|tojson }}",
        "{{ [u1]|tojson }}",
        "{{ d.items()|tojson }}",
        "{{ [1,'a']|sort }}",
        "{{ [1,2]|dictsort }}",
        "{{ [1,2]|select('odd')|length }}",
        "{{ [1,2]|map('nofilter')|list }}",
        "{{ 1|nofilter }}",
        "{{ 1 is notest }}",
        "{{ u1|int }}",
        "{{ 1|length }}",
        "{{ none|length }}",
        "{{ range(100001) }}",
        "{{ range(1, 2, 0) }}",
        "{{ range('a') }}",
        "{{ raise_exception('boom') }}",
        "{{ 'unterminated }}",
        "{{ }}",
        "{{ 1 + }}",
        "{{ (1 }}",
        "{{ 1 ) }}",
        "{{ [1, 2 }}",
        "{{ x.y.z }}",
        "{{ 1 is string is defined }}",
        "{{ not }}",
        "{{ a b }}",
        "{{ 'a' if }}",
        "{{ [1].index(5) }}",
        "{{ 'a' - 'b' }}",
        "{{ 'a' + 1 }}",
        "{{ [1] + (1,) }}",
        "{{ 1 / 0 }}",
        "{{ 1 % 0 }}",
        "{{ 1 // 0.0 }}",
        "{{ 1 < 'a' }}",
        "{{ none < 1 }}",
        "{{ {} < {} }}",
        "{{ 1 in 5 }}",
        "{{ 1 in 'abc' }}",
        "{{ [] in {} }}",
        "{{ none + 1 }}",
        "{{ 5() }}",
        "{{ 'a'() }}",
        "{{ none() }}",
        "{{ d.get() }}",
        "{{ d.get('a', default=1) }}",
        "{{ d.keys(1) }}",
        "{{ 'a'.upper(1) }}",
        "{{ range() }}",
        "{{ f(*[1,2]) }}",
        "{{ 'a' ~ 'b' * 2 ~ 1 + 2 }}",
        "{{ 'a' is defined is true }}",
        "{{ d['é'][1:] }}",
        "{{ (l|items)|list }}",
        "{{ (d['é']|items)|list }}",
    ]

    struct Message: Sendable {
        let source: String
        let expected: String
    }

    @Test("names the line, the fault and the remedy", arguments: messages)
    func names(_ message: Message) {
        let error = #expect(throws: TemplateError.self) {
            try ChatTemplate(source: message.source).render(Rendering.variables)
        }
        #expect(error?.message == message.expected)
    }

    static let messages = [
        Message(
            source: "a\n{{ nothing.here }}",
            expected: "template line 2: 'nothing' is undefined; pass it or test it with"
                + " 'is defined'"
        ),
        Message(
            source: "{% for m in l %}\n\n{{ m.role.name }}{% endfor %}",
            expected: "template line 3: int has no 'role'; add it to the messages or test it with"
                + " 'is defined'"
        ),
        Message(
            source: "{{ raise_exception('roles must alternate') }}",
            expected: "template line 1: the template refuses these messages: roles must alternate"
        ),
        Message(
            source: "\n{% if x %}",
            expected: "template line 2: the template ends where 'elif' or 'else' or 'endif' is"
                + " expected"
        ),
        Message(
            source: "{{ strftime_now('%Y') }}",
            expected: "template line 1: the template asks for the date; render it with a clock"
        ),
        Message(
            source: "{% include 'other' %}",
            expected: "template line 1: the tag 'include' is not available to chat templates;"
                + " remove it"
        ),
        Message(
            source: "{{ d.update({}) }}",
            expected: "template line 1: 'update' is not allowed in a template; remove it"
        ),
    ]
}
