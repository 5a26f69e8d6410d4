// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// One thing that `check` found wrong.
package struct Damage: Sendable, Hashable, CustomStringConvertible {
    package enum Object: Sendable, Hashable, CustomStringConvertible {
        case blob(Digest)
        /// A file in the store's directory that is not a blob.
        case file(String)
        /// A version, by its manifest, whose tree cannot be read although its blobs are whole.
        case version(Digest)

        package var description: String {
            switch self {
            case .blob(let digest): "blob \(digest)"
            case .file(let path): path
            case .version(let digest): "version \(digest)"
            }
        }
    }

    package let object: Object
    package let problem: String
    package let remedy: String

    package init(object: Object, problem: String, remedy: String) {
        self.object = object
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(object): \(problem): \(remedy)" }
}
