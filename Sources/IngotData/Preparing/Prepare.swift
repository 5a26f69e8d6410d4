// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotCrypto

/// Makes a dataset for training from files of raw data.
///
/// Pure and repeatable: the same inputs and configuration give the same bytes.
///
/// - Parameters:
///   - inputs: paths within the dataset version, with their contents; read in byte order of paths.
///   - configuration: the recipe's `prepare` section.
/// - Returns: the splits, none of them empty, and the account of what was left out.
/// - Throws: `DataError` or `FieldError` that names the file, line or key, and the remedy.
package func prepare(
    _ inputs: [(path: String, bytes: [UInt8])],
    _ configuration: PrepareConfiguration
) throws -> PreparedDataset {
    var preparation = Preparation(configuration)
    try preparation.read(inputs)
    preparation.dropDuplicates()
    preparation.keepOnePerGroup()
    preparation.applyLimit()
    return try preparation.split()
}

/// The rows on their way through the stages.
///
/// A row leaves `rows` only into a split or `dropped`.
struct Preparation {
    struct Row {
        let example: Example
        /// Of the prompt without what all prompts share: near-duplicates and leaks go by it.
        let shingles: Shingles
        /// Number of the input, to put dropped rows in order.
        let input: Int
    }

    let configuration: PrepareConfiguration
    var rows: [Row] = []
    var dropped: [(input: Int, row: DroppedRow)] = []
    var inputs: [PrepareReport.Input] = []
    var stages: [PrepareReport.Stage] = []

    init(_ configuration: PrepareConfiguration) { self.configuration = configuration }

    mutating func drop(_ row: Row, _ reason: DropReason, _ detail: String) {
        drop(row.example.source, input: row.input, Rejection(reason, detail))
    }

    private mutating func drop(_ source: SourceLocation, input: Int, _ rejection: Rejection) {
        let row = DroppedRow(
            file: source.file,
            line: source.line,
            reason: rejection.reason,
            detail: rejection.detail
        )
        dropped.append((input, row))
    }

    mutating func endStage(_ name: String) {
        stages.append(.init(name: name, rowCount: rows.count))
    }
}

// MARK: - Reading and filtering

extension Preparation {
    mutating func read(_ files: [(path: String, bytes: [UInt8])]) throws {
        let globs = configuration.filePatterns.map(Glob.init)
        let chosen = files.filter { file in globs.contains { $0.matches(file.path) } }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        guard !chosen.isEmpty else {
            let patterns = configuration.filePatterns.joined(separator: ", ")
            let found = files.prefix(10).map(\.path).joined(separator: ", ")
            throw DataError(
                "prepare.files: no file matches \(patterns): the dataset has "
                    + (found.isEmpty ? "no files" : found)
            )
        }
        var shaper = ExampleShaper(configuration)
        for (index, file) in chosen.enumerated() {
            try read(file.path, file.bytes, input: index, &shaper)
        }
        let recordCount = inputs.reduce(0) { $0 + $1.recordCount }
        guard recordCount > 0 else {
            throw DataError(
                "\(chosen.map(\.path).joined(separator: ", ")): no records: the dataset is empty"
            )
        }
        try shaper.checkFields()
        stages.append(.init(name: "read", rowCount: recordCount))
        endStage("filter")
        try requireRows()
    }

    private mutating func read(
        _ path: String,
        _ bytes: [UInt8],
        input: Int,
        _ shaper: inout ExampleShaper
    ) throws {
        guard let format = configuration.format ?? DataFormat(path: path) else {
            throw DataError(
                "\(path): the name does not tell the format: set prepare.format to one of "
                    + DataFormat.allCases.map(\.rawValue).joined(separator: ", ")
                    + ", or name the files to read in prepare.files"
            )
        }
        var recordCount = 0
        let limit = ReadingLimits().recordCount
        let before = inputs.reduce(0) { $0 + $1.recordCount }
        try RecordReader(file: path, bytes: bytes).forEach(format: format) { record in
            recordCount += 1
            guard before + recordCount <= limit else {
                throw DataError(
                    file: path,
                    line: record.location.line,
                    "more than \(limit) records: prepare a part of the data"
                )
            }
            switch try shaper.shape(record).flatMap({ finish($0, input: input) }) {
            case .success(let row): rows.append(row)
            case .failure(let rejection): drop(record.location, input: input, rejection)
            }
        }
        inputs.append(
            .init(
                file: path,
                format: format,
                byteCount: bytes.count,
                digest: Digest.of(bytes),
                recordCount: recordCount
            )
        )
    }

    /// Cleans a draft and applies the filters that look at one row alone.
    private func finish(_ draft: Draft, input: Int) -> Result<Row, Rejection> {
        let messages = draft.messages.map {
            Message(role: $0.role, content: $0.content.cleaned())
        }
        if let index = messages.firstIndex(where: { $0.content.isEmpty }) {
            return .failure(Rejection(.empty, "the \(messages[index].role.rawValue)'s text"))
        }
        let answer = messages[messages.count - 1].content
        let promptLength = Self.length(of: messages.dropLast())
        let rejection =
            Self.reject("prompt", promptLength, configuration.promptLength)
            ?? Self.reject("answer", answer.unicodeScalars.count, configuration.completionLength)
        if let rejection { return .failure(rejection) }
        let id = "\(draft.source.file):\(draft.source.line)"
        let group = draft.group?.cleaned() ?? id
        guard !group.isEmpty else { return .failure(Rejection(.empty, "the group")) }
        return .success(
            Row(
                example: Example(
                    id: id,
                    group: group,
                    messages: messages,
                    source: draft.source
                ),
                shingles: Shingles(draft.distinctText.cleaned(), words: configuration.shingleWords),
                input: input
            )
        )
    }

    /// In Unicode scalars.
    static func length(of messages: ArraySlice<Message>) -> Int {
        messages.reduce(0) { $0 + $1.content.unicodeScalars.count }
    }

    private static func reject(_ name: String, _ count: Int, _ range: LengthRange) -> Rejection? {
        if count < range.minimum {
            return Rejection(.tooShort, "\(name) of \(count) characters")
        }
        return count > range.maximum
            ? Rejection(.tooLong, "\(name) of \(count) characters") : nil
    }

    func requireRows() throws {
        guard rows.isEmpty else { return }
        let counts = dropCounts.max { $0.count < $1.count }
        let reason = counts.map { "\($0.count) of them for \($0.reason.rawValue)" } ?? ""
        let example = dropped.first.map {
            "; the first is \($0.row.file) line \($0.row.line): \($0.row.detail)"
        }
        throw DataError(
            "prepare: all \(dropped.count) rows were dropped, \(reason)\(example ?? "")"
        )
    }

    /// In the order of `DropReason.allCases`.
    var dropCounts: [(reason: DropReason, count: Int)] {
        var counts: [DropReason: Int] = [:]
        for (_, row) in dropped { counts[row.reason, default: 0] += 1 }
        return DropReason.allCases.compactMap { reason in counts[reason].map { (reason, $0) } }
    }
}
