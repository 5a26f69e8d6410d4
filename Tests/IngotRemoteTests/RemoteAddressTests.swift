// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotRemote

@Suite
struct RemoteAddressTests {
    private func place(
        _ text: String,
        _ environment: [String: String] = [:]
    ) throws -> RemoteAddress.Place {
        try RemoteAddress(
            parsing: text,
            relativeTo: "/home/ada/project",
            environment: environment.merging(["HOME": "/home/ada"]) { given, _ in given }
        ).place
    }

    @Test(
        "reads paths",
        arguments: [
            ("/data/models/", "/data/models"), ("./remote", "/home/ada/project/./remote"),
            ("../remote", "/home/ada/project/../remote"), ("~/remote", "/home/ada/remote"),
            ("file:///data/a%20b", "/data/a b"), ("file://localhost/data", "/data"), ("/", "/"),
        ]
    )
    func paths(_ text: String, _ path: String) throws {
        #expect(try place(text) == .directory(path))
    }

    @Test("reads registries: http on this machine only, unless it is asked for")
    func registries() throws {
        let cases: [(String, String, String, Bool)] = [
            ("oci://ghcr.io/ada/models", "https://ghcr.io", "ada/models", false),
            ("oci://localhost:5000", "http://localhost:5000", "", false),
            ("oci://127.0.0.1:5000/x/", "http://127.0.0.1:5000", "x", false),
            ("oci://127.evil.org/x", "https://127.evil.org", "x", false),
            ("oci+http://10.0.0.1/x", "http://10.0.0.1", "x", false),
            ("ingot+http://team:8080/x", "http://team:8080", "x", true),
            ("ingot+https://[::1]:8080/x", "https://[::1]:8080", "x", true),
        ]
        for (text, origin, prefix, swaps) in cases {
            guard case .registry(let registry) = try place(text) else {
                Issue.record("\(text) is no registry")
                continue
            }
            #expect(registry.root.origin == origin)
            #expect(registry.prefix == prefix)
            #expect(registry.swapsTags == swaps)
        }
    }

    @Test("reads buckets, with settings from the address before those of the environment")
    func buckets() throws {
        let environment = [
            "AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_S3": "http://b:2",
            "AWS_DEFAULT_REGION": "eu-west-1",
        ]
        guard case .bucket(let plain) = try place("s3://my-bucket/a//b/", environment),
            case .bucket(let other) = try place(
                "s3://my-bucket?endpoint=https%3A%2F%2Fc:3&region=eu-north-1",
                environment
            )
        else { throw RemoteError(.failed, "no buckets") }
        #expect(plain.bucket == "my-bucket")
        #expect(plain.prefix == "a/b")
        #expect(plain.endpoint?.origin == "http://b:2")
        #expect(plain.region == "eu-west-1")
        #expect(other.prefix == "")
        #expect(other.endpoint?.origin == "https://c:3")
        #expect(other.region == "eu-north-1")
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", "remote", "http://host/x", "https://host/x", "oci://", "oci:///x",
            "oci://host/UPPER",
            "oci://user:secret@host/x", "oci://host:0/x", "oci://host:99999/x", "oci://ho st/x",
            "oci://host\r\nX: y/x", "s3://", "s3://UPPER/x", "s3://ab", "s3://bucket/../x",
            "s3://bucket?other=1", "s3://bucket?region=a b", "s3://bucket?endpoint=nonsense",
            "file://host/x", "file://relative", "file:///a%00b", "ftp://host",
        ]
    )
    func refusals(_ text: String) {
        #expect(throws: RemoteError.self) { try place(text) }
    }
}
