// SPDX-License-Identifier: Apache-2.0

package import IngotCore
internal import IngotCrypto
internal import IngotFiles
internal import IngotStore

/// How some data stands to its pointer.
package enum WorkingState: Sendable, Hashable {
    /// Every file is the version's.
    case clean
    case modified(Changes)
    /// Nothing lies beside the pointer.
    case notCheckedOut
    /// The store lacks the version that the pointer names.
    case versionMissing
    /// The data is another version of the store, unchanged; the changes lead to it from the
    /// pointer's.
    case otherVersion(Digest, Changes)

    /// Paths below the data, in order.
    package struct Changes: Sendable, Hashable {
        package var changed: [String] = []
        package var new: [String] = []
        package var deleted: [String] = []

        package init() {}

        package var isEmpty: Bool { changed.isEmpty && new.isEmpty && deleted.isEmpty }
    }
}

extension WorkingCopy {
    /// Compares the data with its pointer; of a file that was not touched nothing is read.
    package func state(against pointer: Pointer) throws -> WorkingState {
        let bound = StatCache.now()
        guard store.blobs.contains(pointer.digest) else { return .versionMissing }
        guard let (listing, form) = try DirectoryWalk.list(path.absolute) else {
            return .notCheckedOut
        }
        let cache = cache()
        if let cache, cache.version != pointer.digest,
            Comparison(of: listing, with: cache.listing, bound: cache.bound).isUnchanged
        {
            return .otherVersion(cache.version, try changes(pointer.digest, cache.version))
        }
        var known =
            if let cache, cache.version == pointer.digest { cache } else {
                StatCache(
                    version: pointer.digest,
                    bound: bound,
                    listing: try Listing(of: pointer.digest, in: store)
                )
            }
        let comparison = Comparison(of: listing, with: known.listing, bound: known.bound)
        let (changes, touched) = try look(at: comparison, listing, form, pointer.digest)
        if !touched.isEmpty {
            // What was read now need not be read the next time; what is not right must not become
            // so by the later bound.
            for found in comparison.found {
                if let old = found.old { known.listing.items[old.item].stamp = FileStamp() }
            }
            for pair in comparison.kept + touched {
                known.listing.items[pair.old].stamp = listing.items[pair.new].stamp
            }
            known.bound = bound
            try write(known)
        }
        return changes.isEmpty ? .clean : .modified(changes)
    }

    /// Reads the files whose stamps prove nothing; those that are right all the same are `touched`.
    private func look(
        at comparison: Comparison,
        _ listing: Listing,
        _ form: Pointer.Form,
        _ version: Digest
    ) throws -> (WorkingState.Changes, touched: [(new: Int, old: Int)]) {
        let found = comparison.found
        let places = found.compactMap(\.old?.place)
        var files = try store.treeFiles(of: version, at: places)[...]
        let expected = found.map { $0.old == nil ? nil : files.popFirst() }
        let isRight = try Parallel.map(found.count) { index in
            guard let expected = expected[index] else { return false }
            let item = listing.items[found[index].item]
            guard item.form == .file, item.stamp.byteCount == expected.byteCount,
                item.stamp.isExecutable == expected.isExecutable
            else { return false }
            return try FileDigest.of(file(expected.path, form)) == expected.digest
        }
        var changes = WorkingState.Changes()
        var touched: [(new: Int, old: Int)] = []
        for (found, isRight) in zip(found, isRight) {
            if isRight, let old = found.old {
                touched.append((found.item, old.item))
            } else {
                let path = Self.shown(listing.path(of: found.item, in: found.directory))
                if found.old == nil {
                    changes.new.append(path)
                } else {
                    changes.changed.append(path)
                }
            }
        }
        changes.deleted = try store.treeFiles(of: version, at: comparison.deleted.map(\.place))
            .map(\.path)
        return (changes, touched)
    }

    private static func shown(_ path: [UInt8]) -> String {
        String(validating: path, as: UTF8.self) ?? EscapedName.text(path)
    }

    private func changes(_ old: Digest, _ new: Digest) throws -> WorkingState.Changes {
        var changes = WorkingState.Changes()
        for difference in try store.differences(from: old, to: new) {
            switch (difference.old, difference.new) {
            case (nil, _): changes.new.append(difference.path)
            case (_, nil): changes.deleted.append(difference.path)
            default: changes.changed.append(difference.path)
            }
        }
        return changes
    }
}
