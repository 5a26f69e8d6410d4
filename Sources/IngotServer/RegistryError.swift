// SPDX-License-Identifier: Apache-2.0

internal import IngotCatalog
package import IngotCore
internal import IngotFiles
internal import IngotStore
internal import NIOHTTP1

/// What a client did wrong, or what the server could not do, in the words of the OCI distribution
/// specification 1.1.
package struct RegistryError: IngotError {
    package enum Code: String, Sendable {
        case blobUnknown = "BLOB_UNKNOWN"
        case blobUploadInvalid = "BLOB_UPLOAD_INVALID"
        case blobUploadUnknown = "BLOB_UPLOAD_UNKNOWN"
        case digestInvalid = "DIGEST_INVALID"
        case manifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN"
        case manifestInvalid = "MANIFEST_INVALID"
        case manifestUnknown = "MANIFEST_UNKNOWN"
        case nameInvalid = "NAME_INVALID"
        case nameUnknown = "NAME_UNKNOWN"
        case sizeInvalid = "SIZE_INVALID"
        case unauthorized = "UNAUTHORIZED"
        case denied = "DENIED"
        case unsupported = "UNSUPPORTED"
        case tooManyRequests = "TOOMANYREQUESTS"
        /// Not in the specification: the fault is the server's.
        case unknown = "UNKNOWN"
    }

    package let code: Code
    package let message: String
    /// For the registry's log: it may name places on its disk, which are no client's business.
    let detail: String?
    let status: HTTPResponseStatus
    var headers: [(String, String)] = []

    init(
        _ code: Code,
        _ message: String,
        detail: String? = nil,
        status: HTTPResponseStatus? = nil,
        headers: [(String, String)] = []
    ) {
        self.code = code
        self.message = message
        self.detail = detail
        self.status = status ?? Self.status(of: code)
        self.headers = headers
    }

    private static func status(of code: Code) -> HTTPResponseStatus {
        switch code {
        case .blobUnknown, .blobUploadUnknown, .manifestBlobUnknown, .manifestUnknown,
            .nameInvalid, .nameUnknown:
            .notFound
        case .blobUploadInvalid, .digestInvalid, .manifestInvalid, .sizeInvalid: .badRequest
        case .unauthorized: .unauthorized
        case .denied: .forbidden
        case .unsupported: .methodNotAllowed
        case .tooManyRequests: .tooManyRequests
        case .unknown: .internalServerError
        }
    }

    /// The one table from errors of the store to answers.
    static func answer(to error: any Error) -> RegistryError {
        switch error {
        case let error as RegistryError: return error
        case let error as CatalogError:
            switch error.code {
            case .refused: return RegistryError(.denied, error.message)
            case .conflict: return RegistryError(.denied, error.message, status: .conflict)
            case .notFound: return RegistryError(.manifestUnknown, error.message)
            case .unusable:
                return fault(error.message, status: .serviceUnavailable)
            }
        case let error as FileError where error.isFull:
            return RegistryError(
                .unknown,
                "the registry's disk is full: try again when whoever keeps it has made room",
                detail: error.message,
                status: .insufficientStorage
            )
        case let error as any IngotError: return fault(error.message)
        default: return fault("\(error)")
        }
    }

    private static func fault(
        _ detail: String,
        status: HTTPResponseStatus = .internalServerError
    ) -> RegistryError {
        RegistryError(
            .unknown,
            "the registry cannot do this now: its log says why to whoever keeps it",
            detail: detail,
            status: status
        )
    }

    var body: [UInt8] {
        JSONValue.object([
            "errors": .array([
                .object(["code": .string(code.rawValue), "message": .string(message)])
            ])
        ]).canonicalBytes
    }
}
