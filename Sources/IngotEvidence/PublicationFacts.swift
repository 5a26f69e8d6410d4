// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// The Git commit of the directory that something was done in.
package struct GitState: Hashable, Sendable {
    package var commit: String
    /// Whether files differed from the commit.
    package var isDirty: Bool

    package init(commit: String, isDirty: Bool) {
        self.commit = commit
        self.isDirty = isDirty
    }

    package var json: JSONValue { ["commit": .string(commit), "isDirty": .bool(isDirty)] }

    static func read(_ name: String, from fields: inout FieldReader) throws(FieldError) -> Self? {
        guard var git = try fields.object(name) else { return nil }
        return GitState(
            commit: try git.require(git.string("commit"), "commit"),
            isDirty: try git.require(git.bool("isDirty"), "isDirty")
        )
    }
}

/// Files of a user became a dataset version.
package struct DatasetAddedFacts: Hashable, Sendable {
    package var repository: String
    /// Paths as the user gave them.
    package var sources: [String]
    package var fileCount: Int
    package var byteCount: Int
    package var git: GitState?

    package init(
        repository: String,
        sources: [String],
        fileCount: Int,
        byteCount: Int,
        git: GitState? = nil
    ) {
        self.repository = repository
        self.sources = sources
        self.fileCount = fileCount
        self.byteCount = byteCount
        self.git = git
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "repository": .string(repository),
            "sources": .array(sources.map { .string($0) }),
            "fileCount": .integer(Int64(fileCount)),
            "byteCount": .integer(Int64(byteCount)),
        ]
        if let git { members["git"] = git.json }
        return .object(members)
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        sources = try fields.strings("sources") ?? []
        fileCount = try fields.require(fields.integer("fileCount"), "fileCount")
        byteCount = try fields.require(fields.integer("byteCount"), "byteCount")
        git = try GitState.read("git", from: &fields)
    }
}

/// A base model came from outside.
package struct BaseImportedFacts: Hashable, Sendable {
    package var repository: String
    /// `gguf` or `hf`.
    package var format: String
    /// The imported file, or the configuration file of an imported directory.
    package var file: ResourceRef
    /// Where it came from, as the user said; nil when nobody said.
    package var source: String?

    package init(repository: String, format: String, file: ResourceRef, source: String? = nil) {
        self.repository = repository
        self.format = format
        self.file = file
        self.source = source
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "repository": .string(repository), "format": .string(format), "file": file.json,
        ]
        if let source { members["source"] = .string(source) }
        return .object(members)
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        format = try fields.require(fields.string("format"), "format")
        file = try fields.require(fields.resource("file"), "file")
        source = try fields.string("source")
    }
}

/// A model server's program was added, to go into images.
package struct RuntimeAddedFacts: Hashable, Sendable {
    package var repository: String
    package var program: ResourceRef
    package var version: String
    /// Such as `linux/amd64`.
    package var platform: String

    package init(repository: String, program: ResourceRef, version: String, platform: String) {
        self.repository = repository
        self.program = program
        self.version = version
        self.platform = platform
    }

    package var json: JSONValue {
        [
            "repository": .string(repository), "program": program.json,
            "version": .string(version), "platform": .string(platform),
        ]
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        program = try fields.require(fields.resource("program"), "program")
        version = try fields.require(fields.string("version"), "version")
        platform = try fields.require(fields.string("platform"), "platform")
    }
}

/// A tag that is no environment's was moved.
package struct TagMovedFacts: Hashable, Sendable {
    package var repository: String
    package var tag: String
    /// Nil for a new tag.
    package var from: Digest?
    package var to: Digest

    package init(repository: String, tag: String, from: Digest?, to: Digest) {
        self.repository = repository
        self.tag = tag
        self.from = from
        self.to = to
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "repository": .string(repository), "tag": .string(tag),
            "to": .string(to.description),
        ]
        if let from { members["from"] = .string(from.description) }
        return .object(members)
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        tag = try fields.require(fields.string("tag"), "tag")
        from = try fields.digest("from")
        to = try fields.require(fields.digest("to"), "to")
    }
}

/// A version or a tag was removed from a repository.
package struct RemovedFacts: Hashable, Sendable {
    package var repository: String
    /// The version: that removed, or that the tag named.
    package var digest: Digest
    /// Nil when the version itself was removed.
    package var tag: String?

    package init(repository: String, digest: Digest, tag: String? = nil) {
        self.repository = repository
        self.digest = digest
        self.tag = tag
    }

    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "repository": .string(repository), "digest": .string(digest.description),
        ]
        if let tag { members["tag"] = .string(tag) }
        return .object(members)
    }

    init(json: JSONValue) throws(FieldError) {
        var fields = try FieldReader(json, path: "predicate")
        repository = try fields.require(fields.string("repository"), "repository")
        digest = try fields.require(fields.digest("digest"), "digest")
        tag = try fields.string("tag")
    }
}
