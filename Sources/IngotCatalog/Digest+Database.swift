// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import GRDB
internal import IngotCore

/// A digest is a blob of 32 bytes; the schema checks the length.
extension Digest: DatabaseValueConvertible {
    var databaseValue: DatabaseValue { Data(bytes).databaseValue }

    static func fromDatabaseValue(_ value: DatabaseValue) -> Digest? {
        guard let data = Data.fromDatabaseValue(value), data.count == byteCount else { return nil }
        return Digest(bytes: data)
    }
}

extension Row {
    /// A column that holds canonical JSON written by the catalog itself.
    func json(_ column: String) throws -> JSONValue {
        try JSONValue(parsing: self[column] as String)
    }

    /// A column of bytes.
    func bytes(_ column: String) -> [UInt8] { Array(self[column] as Data) }
}
