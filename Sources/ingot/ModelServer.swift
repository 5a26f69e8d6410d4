// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotFiles
import IngotImage
import IngotPipeline

/// The model server's program, which is built and installed beside this one.
enum ModelServer {
    static let repository = "ingot-runtime"

    static func program() throws -> RuntimeProgram {
        let own = try Files.linkTarget("/proc/self/exe")
        let folder = own.lastIndex(of: "/").map { String(own[..<$0]) } ?? "."
        let path = "\(folder)/\(ServingImage.serverName)"
        guard try Files.entry(at: path) != nil else {
            throw PipelineError(
                "\(path): the model server is not beside this program: build both with "
                    + "'swift build -c release'"
            )
        }
        return RuntimeProgram(
            path: path,
            repository: try RepositoryName(parsing: repository)
        )
    }
}
