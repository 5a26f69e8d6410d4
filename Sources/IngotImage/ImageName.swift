// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// What the image is called by those who load it: `support-intents:v7`.
package struct ImageName: Hashable, Sendable, CustomStringConvertible {
    package let repository: RepositoryName
    package let tag: Tag

    package init(repository: RepositoryName, tag: Tag) {
        self.repository = repository
        self.tag = tag
    }

    package var description: String { "\(repository):\(tag)" }

    /// containerd keeps full names only; Docker's hub is where a name without a host lives.
    var containerdName: String {
        let parts = repository.text.split(separator: "/")
        let hasHost = parts.count > 1 && (parts[0].contains(".") || parts[0] == "localhost")
        if hasHost { return description }
        return parts.count > 1 ? "docker.io/\(description)" : "docker.io/library/\(description)"
    }
}
