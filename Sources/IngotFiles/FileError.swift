// SPDX-License-Identifier: Apache-2.0

internal import Glibc
package import IngotCore

/// An operation on a file that the system refused, with the path and the system's reason.
package struct FileError: IngotError {
    package let path: String
    package let operation: String
    /// The system's error number.
    package let code: Int32
    /// In place of the system's words for the number.
    private let problem: String?

    package init(_ operation: String, _ path: String, code: Int32, problem: String? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.problem = problem
    }

    static func notRegular(_ path: String) -> FileError {
        FileError("read", path, code: EINVAL, problem: "it is not a regular file")
    }

    /// Takes the number from `errno`: call it right after the failed call.
    package static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation, path, code: errno)
    }

    package var isMissing: Bool { code == ENOENT }
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }

    private var remedy: String {
        switch code {
        case ENOSPC, EDQUOT: ": free some space and run the command again"
        case EROFS: ": mount it for writing, or work on a copy elsewhere"
        case EACCES, EPERM: ": check its owner and mode"
        default: ""
        }
    }

    package var message: String {
        let reason = unsafe problem ?? String(cString: strerror(code))
        return "\(path): cannot \(operation): \(reason)\(remedy)"
    }
}
