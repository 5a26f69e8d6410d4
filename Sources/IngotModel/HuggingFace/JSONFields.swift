// SPDX-License-Identifier: Apache-2.0

internal import IngotCore
internal import IngotFiles

/// The members of a JSON file that another program wrote: unknown keys are that program's business,
/// known ones must have the right type.
struct JSONFields {
    /// For messages.
    let file: String
    let members: [String: JSONValue]

    init(file: String, bytes: [UInt8]) throws(ModelFileError) {
        self.file = file
        var limits = JSONLimits()
        limits.byteCount = 1 << 28
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw ModelFileError(
                file,
                error.message,
                remedy: "the file is damaged: fetch it again"
            )
        }
        guard let members = value.object else {
            throw ModelFileError(file, "is not a JSON object", remedy: "fetch the file again")
        }
        self.members = members
    }

    private init(file: String, members: [String: JSONValue]) {
        self.file = file
        self.members = members
    }

    /// Nil when the file does not exist.
    static func read(_ path: String, limit: Int) throws -> JSONFields? {
        do {
            return try JSONFields(file: path, bytes: Files.read(path, limit: limit))
        } catch let error as FileError where error.isMissing {
            return nil
        }
    }

    func value(_ key: String) -> JSONValue? {
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    func required(_ key: String) throws(ModelFileError) -> Int {
        guard let integer = try integer(key) else { throw failure(key, "is missing") }
        return integer
    }

    func integer(_ key: String) throws(ModelFileError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let integer = value.integer else { throw failure(key, "is not a whole number") }
        return integer
    }

    func number(_ key: String) throws(ModelFileError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double else { throw failure(key, "is not a number") }
        return number
    }

    func bool(_ key: String) throws(ModelFileError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let bool = value.bool else { throw failure(key, "is not true or false") }
        return bool
    }

    func string(_ key: String) throws(ModelFileError) -> String? {
        guard let value = value(key) else { return nil }
        guard let string = value.string else { throw failure(key, "is not a text") }
        return string
    }

    func object(_ key: String) throws(ModelFileError) -> JSONFields? {
        guard let value = value(key) else { return nil }
        guard let object = value.object else { throw failure(key, "is not an object") }
        return JSONFields(file: file, members: object)
    }

    /// One token id or a list of them.
    func tokens(_ key: String) throws(ModelFileError) -> [Int32] {
        guard let value = value(key) else { return [] }
        var tokens: [Int32] = []
        for element in value.array ?? [value] {
            guard let token = element.integer.flatMap(Int32.init(exactly:)), token >= -1 else {
                throw failure(key, "is not a token id")
            }
            if token >= 0 { tokens.append(token) }
        }
        return tokens
    }

    func failure(_ key: String, _ problem: String) -> ModelFileError {
        ModelFileError(
            file,
            place: key,
            problem,
            remedy: "correct the file or fetch the model again"
        )
    }
}
