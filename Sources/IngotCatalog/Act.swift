// SPDX-License-Identifier: Apache-2.0

/// What a log entry records; the text is part of the log's format.
package enum Act: String, CaseIterable, Sendable {
    case storeCreated
    case datasetAdded
    case datasetPrepared
    case baseImported
    case adapterTrained
    case merged
    case evaluated
    case gateDecided
    case reproduced
    case promoted
    case rolledBack
    case overridden
    case imageBuilt
    case deployed
    case runtimeAdded
    case tagMoved
    case removed
    case pulled
    case pushed
    case environmentSet
    case keyAdded
    case keyRevoked
    case approved
    case held
    case revoked

    /// Whether statements of the entry were signed elsewhere: the actor is who took them in.
    package var isForeign: Bool { self == .pulled || self == .pushed }

    /// The acts that may move an environment's tag: all other doors are shut.
    package var movesEnvironments: Bool {
        switch self {
        case .promoted, .rolledBack, .overridden: true
        default: false
        }
    }
}
