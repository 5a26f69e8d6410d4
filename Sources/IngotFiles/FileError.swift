// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore

/// An operation on a file that the system refused, with the path and the system's reason.
package struct FileError: IngotError {
    package let path: String
    package let operation: String
    /// The system's error number.
    package let code: Int32

    package init(_ operation: String, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// Takes the number from `errno`: call it right after the failed call.
    package static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation, path, code: errno)
    }

    package var isMissing: Bool { code == ENOENT }
    package var alreadyExists: Bool { code == EEXIST }
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }

    package var message: String {
        let remedy = isFull ? ": free some space and run the command again" : ""
        return unsafe "\(path): cannot \(operation): \(String(cString: strerror(code)))\(remedy)"
    }
}
