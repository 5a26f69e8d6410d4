// SPDX-License-Identifier: Apache-2.0

import Glibc
import IngotCore
import IngotFiles
import IngotTestSupport
import Testing

@testable import IngotRemote

@Suite
struct S3SignatureTests {
    /// The committed cases, or those of a file that `ops/interop/remotes` made just now.
    private func cases() throws -> [JSONValue] {
        let made = unsafe getenv("INGOT_S3_CASES").map { unsafe String(cString: $0) }
        let beside = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
        let path = made ?? "/\(beside)/S3SignatureCases.json"
        return try #require(JSONValue(parsing: Files.read(path)).array)
    }

    private func pairs(_ value: JSONValue?) throws -> [(name: String, value: String)] {
        try (value?.array ?? []).map { pair in
            let texts = (pair.array ?? []).compactMap(\.string)
            try #require(texts.count == 2)
            return (texts[0], texts[1])
        }
    }

    @Test("signs odd paths, queries, headers and session tokens as botocore does")
    func botocore() throws {
        let cases = try cases()
        #expect(cases.count >= 30)
        for item in cases {
            let text = { (name: String) in try #require(item[name]?.string) }
            let signature = S3Signature(
                credentials: S3Credentials(
                    accessKey: try text("accessKey"),
                    secretKey: try text("secretKey"),
                    sessionToken: item["sessionToken"]?.string
                ),
                region: try text("region")
            )
            let payload = try text("payload")
            let request = S3Signature.Request(
                method: try text("method"),
                authority: try text("authority"),
                path: try text("path"),
                query: try pairs(item["query"]),
                headers: try pairs(item["headers"]),
                payload: payload == "UNSIGNED-PAYLOAD"
                    ? .unsigned : .digest(try #require(Digest(hex: payload)))
            )
            let seconds = try #require(item["seconds"]?.integer)
            let headers = signature.headers(
                for: request,
                at: Timestamp(seconds: Int64(seconds))
            )
            #expect(headers.last?.value == item["authorization"]?.string)
        }
    }
}

@Suite
struct S3ProfileTests {
    private let files = """
        [default]
        aws_access_key_id = AKDEFAULT
        aws_secret_access_key=one=two
        ; a comment
        [other]
        aws_access_key_id = AKOTHER
        aws_secret_access_key = three
        aws_session_token = four
        region = eu-west-3
        """

    @Test("takes keys from the environment, then from the profile")
    func order() throws {
        let directory = try TemporaryDirectory()
        try directory.write(Array(files.utf8), to: "credentials")
        try directory.write(
            Array("[profile other]\nendpoint_url = http://x:1\ns3 =\n  region = no\n".utf8),
            to: "config"
        )
        var environment = [
            "AWS_SHARED_CREDENTIALS_FILE": "\(directory.path)/credentials",
            "AWS_CONFIG_FILE": "\(directory.path)/config",
        ]
        let plain = try S3Profile(environment: environment)
        #expect(plain.credentials?.accessKey == "AKDEFAULT")
        #expect(plain.credentials?.secretKey == "one=two")
        environment["AWS_PROFILE"] = "other"
        let other = try S3Profile(environment: environment)
        #expect(other.credentials?.sessionToken == "four")
        #expect(other.region == "eu-west-3")
        #expect(other.endpoint == "http://x:1")
        environment["AWS_ACCESS_KEY_ID"] = "AKENV"
        #expect(throws: RemoteError.self) { try S3Profile(environment: environment) }
        environment["AWS_SECRET_ACCESS_KEY"] = "five"
        #expect(try S3Profile(environment: environment).credentials?.accessKey == "AKENV")
        environment["AWS_PROFILE"] = "missing"
        #expect(throws: RemoteError.self) { try S3Profile(environment: environment) }
    }

    @Test("cuts large blobs into at most 10,000 parts of at least 16 MiB without gaps")
    func parts() {
        for size in [64 << 20 + 1, 1 << 30, 200 << 30, 5 << 40] {
            let parts = S3Objects.parts(of: size)
            #expect(parts.count <= 10_000)
            #expect(parts.first?.lowerBound == 0)
            #expect(parts.last?.upperBound == size)
            #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
            #expect(parts.dropLast().allSatisfy { $0.count >= 16 << 20 })
        }
    }

    @Test("reaches buckets by path at endpoints, by host at AWS")
    func addresses() {
        let at = { (bucket: String, endpoint: String?) in
            S3Objects.base(
                of: bucket,
                endpoint: endpoint.flatMap { WebAddress(parsing: $0) },
                region: "eu-west-1"
            ).text
        }
        #expect(at("b-1", nil) == "https://b-1.s3.eu-west-1.amazonaws.com")
        #expect(at("b.1", nil) == "https://s3.eu-west-1.amazonaws.com/b.1")
        #expect(at("b", "http://host:9000/") == "http://host:9000/b")
    }
}
