// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotTemplate

/// Templates that want to exhaust the stack, memory or time end with an error.
@Suite struct TemplateLimitsTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let source: String

        init(_ name: String, _ source: String) {
            self.name = name
            self.source = source
        }

        var testDescription: String { name }
    }

    private static var limits: TemplateLimits {
        var limits = TemplateLimits()
        limits.stepCount = 200_000
        limits.textByteCount = 1 << 20
        limits.elementCount = 1 << 16
        return limits
    }

    private static func code(of source: String) -> TemplateError.Code? {
        do {
            _ = try ChatTemplate(source: source, limits: limits).render(Rendering.variables)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("stops at a limit", arguments: attacks)
    func stops(_ attack: Attack) {
        #expect(Self.code(of: attack.source) == .limit)
    }

    private static func times(_ count: Int, _ text: String) -> String {
        String(repeating: text, count: count)
    }

    private static let double =
        "{% set ns = namespace(x='aaaa', y='aaaa') %}{% for i in range(60) %}"
        + "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}"

    static let attacks = [
        Attack("a source of 2 MB", times(2 << 20, "a")),
        Attack("5,000 parentheses", "{{ " + times(5000, "(") + "1" + times(5000, ")") + " }}"),
        Attack("5,000 lists", "{{ " + times(5000, "[") + times(5000, "]") + " }}"),
        Attack("5,000 dictionaries", "{{ " + times(5000, "{1:") + "1" + times(5000, "}") + " }}"),
        Attack("5,000 subscripts", "{{ " + times(5000, "d[") + "1" + times(5000, "]") + " }}"),
        Attack("5,000 negations", "{{ " + times(5000, "not ") + "1 }}"),
        Attack("5,000 signs", "{{ " + times(5000, "- ") + "1 }}"),
        Attack("5,000 summands", "{{ 1" + times(5000, " + 1") + " }}"),
        Attack("5,000 filters", "{{ 1" + times(5000, "|string") + " }}"),
        Attack("5,000 attributes", "{{ d" + times(5000, ".a") + " }}"),
        Attack("5,000 calls", "{{ d" + times(5000, "()") + " }}"),
        Attack("5,000 alternatives", "{{ " + times(5000, "1 if 0 else ") + "1 }}"),
        Attack("5,000 targets", "{% set " + times(5000, "(") + "a" + times(5000, ")") + " = 1 %}"),
        Attack("5,000 blocks", times(5000, "{% if 1 %}") + times(5000, "{% endif %}")),
        Attack(
            "a macro that calls itself",
            "{% macro f(n) %}{% for i in l %}{{ 'a' ~ f(n + 1) }}{% endfor %}{% endmacro %}{{ f(0) }}"
        ),
        Attack("a default that calls its macro", "{% macro f(a=f()) %}{% endmacro %}{{ f() }}"),
        Attack(
            "callers of callers",
            "{% macro f() %}{{ caller() }}{% endmacro %}{% macro g() %}{% call f() %}{{ g() }}"
                + "{% endcall %}{% endmacro %}{{ g() }}"
        ),
        Attack(
            "loops in loops",
            "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
        ),
        Attack("a long range", "{{ range(100001) }}"),
        Attack("a range of all numbers", "{{ range(-9223372036854775807, 9223372036854775807) }}"),
        Attack(
            "doubling a text",
            "{% set ns = namespace(x='aa') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}"
                + "{% endfor %}"
        ),
        Attack(
            "doubling a list",
            "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}"
                + "{% endfor %}"
        ),
        Attack(
            "nesting lists",
            "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = [ns.x] %}"
                + "{% endfor %}"
        ),
        Attack(
            "nesting methods",
            "{% set ns = namespace(x={}) %}{% for i in range(9999) %}{% set ns.x = {1: ns.x.get} %}"
                + "{% endfor %}"
        ),
        Attack("printing 2^60 items", double + "{{ ns.x }}"),
        Attack("printing 2^60 items as JSON", double + "{{ ns.x | tojson }}"),
        Attack("comparing 2^60 items", double + "{{ ns.x == ns.y }}"),
        Attack("ordering 2^60 items", double + "{{ ns.x < ns.y }}"),
        Attack("a text of 2^63 bytes", "{{ 'a' * 9223372036854775807 }}"),
        Attack("a list of 2^63 items", "{{ [1] * 9223372036854775807 }}"),
        Attack("padding to 2^63", "{{ 'a'.ljust(9223372036854775807) }}"),
        Attack("centring in 2^63", "{{ 'a' | center(9223372036854775807) }}"),
        Attack("replacing with much", "{{ ('a' * 9999).replace('', 'b' * 9999) }}"),
        Attack("joining with much", "{{ (['a'] * 9999) | join('b' * 9999) }}"),
        Attack(
            "searching again and again",
            "{% for i in range(99999) %}{{ ('a' * 9999) in ('a' * 99999 + 'b') }}{% endfor %}"
        ),
        Attack(
            "copying again and again",
            "{% set a = [1] * 9999 %}{% for i in range(99999) %}{{ a[1:] | length }}{% endfor %}"
        ),
        Attack("much output", "{% for i in range(99999) %}{{ 'x' * 9999 }}{% endfor %}"),
        Attack(
            "many macros",
            "{% for i in range(99999) %}{% macro f() %}{% endmacro %}{% endfor %}"
        ),
        Attack("a sum beyond 64 bits", "{{ 9223372036854775807 + 1 }}"),
        Attack("a quotient beyond 64 bits", "{{ (-9223372036854775807 - 1) // -1 }}"),
        Attack("a magnitude beyond 64 bits", "{{ (-9223372036854775807 - 1) | abs }}"),
        Attack("a power beyond 64 bits", "{{ 3 ** 9999999999 }}"),
    ]

    @Test(
        "survives extreme numbers",
        arguments: [
            ("{{ 'abc'[9223372036854775807:] }}", ""),
            ("{{ 'abc'[-9223372036854775807 - 1:] }}", "abc"),
            ("{{ 'abc'[::9223372036854775807] }}", "a"),
            ("{{ 'abc'[::-9223372036854775807 - 1] }}", "c"),
            ("{{ [1][-9223372036854775807 - 1] is defined }}", "False"),
            ("{{ 'abc'[-9223372036854775807 - 1] is defined }}", "False"),
            ("{{ (-9223372036854775807 - 1) % -1 }}", "0"),
            ("{{ range(0, 9223372036854775807, 9223372036854775807) | list }}", "[0]"),
            ("{{ range(0, -9223372036854775807 - 1, -9223372036854775807 - 1) | list }}", "[0]"),
            ("{{ '' * 9223372036854775807 }}", ""),
            ("{{ 1e308 * 10 }}", "inf"),
            ("{{ (1e308 * 10) | int }}", "0"),
        ]
    )
    func survives(_ source: String, _ expected: String) throws {
        try Rendering(source, expected).check()
    }

    @Test("a loop that has ended and a namespace that holds itself do no harm")
    func keepsHandles() {
        let loop = "{% set ns = namespace() %}{% for i in l %}{% set ns.l = loop %}{% endfor %}"
        #expect(Self.code(of: loop + "{{ ns.l.index }}") == .type)
        let cycle = "{% set ns = namespace() %}{% set ns.me = [ns] %}"
        #expect(Self.code(of: cycle) == nil)
        #expect(Self.code(of: cycle + "{{ ns.me }}") == .type)
    }

    @Test("renders a conversation of a thousand messages well within the limits")
    func rendersLongConversation() throws {
        let message = TemplateValue.dictionary(
            TemplateDictionary([
                (key: "role", value: .string("user")),
                (key: "content", value: .string(Self.times(1000, "word "))),
            ])
        )
        let template = try ChatTemplate(
            source: "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content | trim }}\n"
                + "{% endfor %}"
        )
        let text = try template.render([
            "messages": .list(TemplateList(Array(repeating: message, count: 1000)))
        ])
        #expect(text.utf8.count == 1000 * (8 + 4999 + 1))
    }
}
