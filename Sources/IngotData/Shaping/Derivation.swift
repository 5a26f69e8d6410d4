// SPDX-License-Identifier: Apache-2.0

internal import IngotCore

/// A field made from a record's fields. The closed set of transforms, applied in this order:
///
/// 1. `field: A`, or `first: [A, B]`: the first of them that is there and not empty;
/// 2. `first_line: true`: up to the first line break;
/// 3. `before: TEXT`: up to the first TEXT, all of it when there is none;
/// 4. `last_of: TEXT`: after the last TEXT, all of it when there is none.
///
/// White space around the result is removed; an empty result is a missing field.
package struct Derivation: Sendable {
    let sources: [String]
    let takesFirstLine: Bool
    let before: String?
    let lastOf: String?

    init(_ reader: inout FieldReader) throws {
        let field = try reader.string("field")
        let first = try reader.strings("first")
        guard (field == nil) != (first == nil), first?.isEmpty != true else {
            throw FieldError("\(reader.path): give 'field', or 'first' with a list of fields")
        }
        sources = first ?? [field ?? ""]
        takesFirstLine = try reader.bool("first_line") ?? false
        before = try reader.string("before")
        lastOf = try reader.string("last_of")
        guard before?.isEmpty != true, lastOf?.isEmpty != true else {
            throw FieldError("\(reader.path): 'before' and 'last_of' need a text to look for")
        }
        try reader.finish()
    }

    func value(in record: SourceRecord) -> String? {
        for source in sources {
            guard let text = record[source], !text.isBlank else { continue }
            return transform(text)
        }
        return nil
    }

    func transform(_ text: String) -> String? {
        var units = Array(text.utf8)[...]
        if takesFirstLine { units = units.prefix { $0 != 0x0A && $0 != 0x0D } }
        if let before, let at = Self.firstIndex(of: Array(before.utf8), in: units) {
            units = units[..<at]
        }
        if let lastOf {
            let target = Array(lastOf.utf8)
            while let at = Self.firstIndex(of: target, in: units) {
                units = units[(at + target.count)...]
            }
        }
        let kept = units.drop(while: Self.isSpace)
        let end = kept.lastIndex { !Self.isSpace($0) }.map { $0 + 1 } ?? kept.startIndex
        // The cuts are at ASCII units or at whole texts, so what is left is UTF-8.
        return end == kept.startIndex ? nil : String(decoding: kept[..<end], as: UTF8.self)
    }

    private static func firstIndex(of target: [UInt8], in units: ArraySlice<UInt8>) -> Int? {
        guard units.count >= target.count else { return nil }
        return (units.startIndex...(units.endIndex - target.count)).first { index in
            units[index] == target[0] && units[index...].starts(with: target)
        }
    }

    private static func isSpace(_ unit: UInt8) -> Bool {
        unit == 0x20 || (0x09...0x0D).contains(unit)
    }
}
