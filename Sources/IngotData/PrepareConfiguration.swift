// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The `prepare` section of a recipe. Every key is optional but the ones a format needs:
///
/// ```yaml
/// format: deb822            # jsonl, json, csv, tsv, text, deb822; else by the file's extension
/// files: ["*.jsonl"]        # paths in the dataset; * within a folder, ** across folders
/// derive:                   # see Derivation
///   section: {field: Section, last_of: "/"}
/// prompt: "Which section? {Description}"    # both or neither; without, a known chat shape
/// completion: "{section}"
/// system: "Answer with one word."           # put before conversations that have no system turn
/// group: "{source}"                         # rows that belong to one split; else each its own
/// one_per_group: true                       # default false
/// filter:
///   exclude: {section: [debug, oldlibs]}
///   prompt_characters: {min: 1, max: 20000}   # of the whole prompt, the system's text included
///   completion_characters: {min: 1, max: 20000}
/// duplicates: {exact: true, near: 0.8, shingle_words: 3}   # near: false keeps near-duplicates
/// leakage: 0.8              # similarity from which a training row leaks a held-out one
/// limit: 5000               # examples before the split, chosen by the seed
/// split: {train: 0.9, validation: 0.05, test: 0.05}        # or counts; train may be 'rest'
/// seed: 7
/// ```
package struct PrepareConfiguration: Sendable {
    /// Nil goes by the extension of each file.
    package let format: DataFormat?
    package let filePatterns: [String]
    /// Sorted by name.
    let derivations: [(name: String, derivation: Derivation)]
    let prompt: FieldTemplate?
    let completion: FieldTemplate?
    package let system: String?
    let group: FieldTemplate?
    package let keepsOnePerGroup: Bool
    /// Sorted by name.
    let exclusions: [(name: String, values: Set<String>)]
    /// In Unicode scalars, of the whole prompt.
    let promptLength: LengthRange
    let completionLength: LengthRange
    package let dropsExactDuplicates: Bool
    /// Jaccard similarity from which two prompts are near-duplicates; nil keeps them.
    package let nearThreshold: Double?
    /// Words of a shingle.
    package let shingleWords: Int
    package let leakageThreshold: Double
    package let limit: Int?
    package let split: SplitPlan
    package let seed: UInt64

    /// - Throws: `FieldError` or `DataError` with the key's path and, for an unknown key, the
    ///   nearest known one.
    package init(json: JSONValue) throws {
        var reader = try FieldReader(json, path: "prepare")
        format = try Self.format(&reader)
        filePatterns = try reader.strings("files") ?? ["**"]
        derivations = try Self.derivations(&reader)
        prompt = try Self.template("prompt", &reader)
        completion = try Self.template("completion", &reader)
        system = try reader.string("system")
        group = try Self.template("group", &reader)
        keepsOnePerGroup = try reader.bool("one_per_group") ?? false
        var filter = try reader.object("filter") ?? FieldReader([:], path: "prepare.filter")
        exclusions = try Self.exclusions(&filter)
        promptLength = try LengthRange("prompt_characters", &filter)
        completionLength = try LengthRange("completion_characters", &filter)
        try filter.finish()
        var duplicates =
            try reader.object("duplicates") ?? FieldReader([:], path: "prepare.duplicates")
        dropsExactDuplicates = try duplicates.bool("exact") ?? true
        nearThreshold = try Self.nearThreshold(&duplicates)
        shingleWords = try Self.integer("shingle_words", 1...32, &duplicates) ?? 3
        try duplicates.finish()
        leakageThreshold =
            try Self.similarity("leakage", &reader) ?? nearThreshold ?? Self.defaultThreshold
        limit = try Self.integer("limit", 1...Int.max, &reader)
        split = try SplitPlan(&reader)
        seed = UInt64(bitPattern: Int64(try reader.integer("seed") ?? 0))
        try reader.finish()
        try checkTemplates()
    }

    static let defaultThreshold = 0.8

    /// Fields that must be in the data, each with the key of the recipe that names it.
    var usedFields: [(place: String, name: String)] {
        let derived = Set(derivations.map(\.name))
        var used: [(place: String, name: String)] = []
        for (place, template) in [
            ("prepare.prompt", prompt), ("prepare.completion", completion),
            ("prepare.group", group),
        ] {
            used += (template?.fields ?? []).filter { !derived.contains($0) }.map { (place, $0) }
        }
        used += exclusions.map(\.name).filter { !derived.contains($0) }
            .map { ("prepare.filter.exclude", $0) }
        for (name, derivation) in derivations {
            used += derivation.sources.map { ("prepare.derive.\(name)", $0) }
        }
        return used
    }

    private func checkTemplates() throws {
        guard (prompt == nil) == (completion == nil) else {
            let missing = prompt == nil ? "prompt" : "completion"
            throw FieldError(
                "prepare.\(missing) is missing: give both 'prompt' and 'completion', or neither"
            )
        }
        guard !keepsOnePerGroup || group != nil else {
            throw FieldError("prepare.one_per_group needs prepare.group, such as \"{source}\"")
        }
        if let prompt, prompt.fields.isEmpty {
            throw FieldError("prepare.prompt names no field, such as {text}: all rows would agree")
        }
    }
}

/// How many characters a text may have.
struct LengthRange: Sendable {
    let minimum: Int
    let maximum: Int

    init(_ name: String, _ filter: inout FieldReader) throws {
        var reader = try filter.object(name) ?? FieldReader([:], path: filter.place(name))
        minimum = try reader.integer("min") ?? 1
        maximum = try reader.integer("max") ?? 1_000_000
        guard minimum >= 0, maximum >= max(minimum, 1) else {
            throw FieldError("\(reader.path): expected 0 <= min <= max")
        }
        try reader.finish()
    }
}

extension PrepareConfiguration {
    private static func format(_ reader: inout FieldReader) throws -> DataFormat? {
        guard let name = try reader.string("format") else { return nil }
        guard let format = DataFormat(rawValue: name) else {
            let known = DataFormat.allCases.map(\.rawValue)
            let hint = Spelling.nearest(to: name, among: known).map { ": did you mean '\($0)'?" }
            throw FieldError(
                "prepare.format: '\(name)' is not a format"
                    + (hint ?? ": known are \(known.joined(separator: ", "))")
            )
        }
        return format
    }

    private static func template(
        _ name: String,
        _ reader: inout FieldReader
    ) throws -> FieldTemplate? {
        try reader.string(name).map { try FieldTemplate(parsing: $0, path: reader.place(name)) }
    }

    private static func names(of value: JSONValue, path: String) throws -> [String] {
        guard let members = value.object else {
            throw FieldError("\(path): expected keys and values")
        }
        return members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func derivations(
        _ reader: inout FieldReader
    ) throws -> [(name: String, derivation: Derivation)] {
        guard let value = reader.value("derive") else { return [] }
        return try names(of: value, path: "prepare.derive").map { name in
            var inner = try FieldReader(value[name] ?? .null, path: "prepare.derive.\(name)")
            return (name, try Derivation(&inner))
        }
    }

    private static func exclusions(
        _ filter: inout FieldReader
    ) throws -> [(name: String, values: Set<String>)] {
        guard let value = filter.value("exclude") else { return [] }
        return try names(of: value, path: "prepare.filter.exclude").map { name in
            let texts = value[name]?.array?.compactMap(\.string) ?? []
            guard !texts.isEmpty, texts.count == value[name]?.array?.count else {
                throw FieldError("prepare.filter.exclude.\(name): expected a list of texts")
            }
            return (name, Set(texts))
        }
    }

    private static func nearThreshold(_ duplicates: inout FieldReader) throws -> Double? {
        if duplicates.value("near") == false { return nil }
        return try similarity("near", &duplicates) ?? defaultThreshold
    }

    private static func similarity(
        _ name: String,
        _ reader: inout FieldReader
    ) throws -> Double? {
        guard let value = try reader.number(name) else { return nil }
        guard (0.3...1).contains(value) else {
            throw FieldError("\(reader.place(name)): expected a similarity from 0.3 to 1")
        }
        return value
    }

    private static func integer(
        _ name: String,
        _ range: ClosedRange<Int>,
        _ reader: inout FieldReader
    ) throws -> Int? {
        guard let value = try reader.integer(name) else { return nil }
        guard range.contains(value) else {
            throw FieldError(
                "\(reader.place(name)): \(value) is not between \(range.lowerBound) and "
                    + "\(range.upperBound)"
            )
        }
        return value
    }
}
