// SPDX-License-Identifier: Apache-2.0

package import IngotCore

/// One change of state inside a log entry.
///
/// The tables of the catalog are the fold of all of these.
///
/// Numbers and counters are nil in a draft: the transaction that appends it assigns them, and the
/// log entry holds what was assigned.
package enum Change: Sendable, Hashable {
    /// A version gets the next number of its repository, and with it the tag `vN`; a draft may ask
    /// for a number that was never given. One that was removed gets its old number back.
    case version(
        repository: RepositoryName,
        number: Int? = nil,
        digest: Digest,
        kind: Kind
    )
    /// A tag moves. `from` is what it must name now, nil when it must not exist. The counter rises
    /// by one at each move of the tag. A tag that moves to nil is removed.
    case tag(
        repository: RepositoryName,
        tag: Tag,
        from: Digest?,
        to: Digest?,
        counter: Int? = nil
    )
    /// A version that no tag names, and no environment ever named, goes; its number is not given
    /// again, and what was stated about it stays.
    case versionRemoved(repository: RepositoryName, digest: Digest)
    /// A signed statement about some bytes: the bundle's blob, and the manifest that refers to
    /// both.
    case statement(
        subject: Digest,
        envelope: Digest,
        referrer: Digest,
        predicateType: String,
        role: String
    )
    /// An environment's definition; its member `repository` binds it to one.
    case environment(name: String, definition: JSONValue, counter: Int? = nil)
    /// A public key counts for a role from now on.
    case key(role: String, keyID: String, pem: String, detail: JSONValue)
    /// A key counts no longer.
    case keyRevoked(keyID: String, reason: String)
}
