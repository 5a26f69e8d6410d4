// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotFiles

extension Files {
    static func append(_ bytes: [UInt8], to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_APPEND)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: path)
    }
}
