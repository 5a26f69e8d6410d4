// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotRemote

@Suite("Proxy settings") struct ProxySettingsTests {
    private static let all = [
        "HTTPS_PROXY": "http://secure.test:3128", "http_proxy": "plain.test:8080",
        "HTTP_PROXY": "http://ignored.test",
        "no_proxy": "inside.test, .corp.test,*.lab.test,10.1.2.3,port.test:5000",
    ]

    private static func proxy(
        _ address: String,
        _ environment: [String: String] = all
    ) throws -> String? {
        let address = try #require(WebAddress(parsing: address))
        return try ProxySettings(environment: environment).proxy(for: address).map {
            "\($0.host):\($0.port)"
        }
    }

    @Test(
        "each address has its proxy, or none",
        arguments: [
            ("https://models.test/", "secure.test:3128"),
            ("http://models.test/", "plain.test:8080"),
            ("https://inside.test/", nil), ("https://a.inside.test/", nil),
            ("https://notinside.test/", "secure.test:3128"), ("http://a.corp.test:99/", nil),
            ("https://a.lab.test/", nil), ("http://10.1.2.3:5000/", nil),
            ("http://port.test:5000/", nil), ("http://port.test/", "plain.test:8080"),
            ("http://localhost:5000/", nil), ("https://127.0.0.1/", nil), ("http://[::1]:80/", nil),
        ]
    )
    func choice(address: String, expected: String?) throws {
        #expect(try Self.proxy(address) == expected)
    }

    @Test("ALL_PROXY counts where no other does; a star in NO_PROXY turns all off")
    func fallback() throws {
        let all = ["ALL_PROXY": "socks5://proxy.test", "HTTPS_PROXY": ""]
        #expect(try Self.proxy("https://models.test/", all) == "proxy.test:1080")
        #expect(try Self.proxy("http://models.test/", all) == "proxy.test:1080")
        let none = all.merging(["NO_PROXY": "*"]) { $1 }
        #expect(try Self.proxy("https://models.test/", none) == nil)
        #expect(try Self.proxy("https://models.test/", [:]) == nil)
    }

    @Test("a name and a password go to the proxy alone")
    func authorization() throws {
        let settings = try ProxySettings(environment: [
            "HTTPS_PROXY": "http://ada:two%20words@p.test:1"
        ])
        let proxy = try #require(settings.all.first)
        #expect(proxy.host == "p.test")
        #expect(proxy.authorization?.headerValue == "Basic YWRhOnR3byB3b3Jkcw==")
    }

    @Test(
        "what is no proxy is refused by its variable's name",
        arguments: [
            "http://", "https://proxy.test", "ftp://proxy.test", "http://proxy test", "p:99999",
        ]
    )
    func refused(value: String) throws {
        let error = #expect(throws: RemoteError.self) {
            try ProxySettings(environment: ["https_proxy": value])
        }
        #expect(error?.message.hasPrefix("https_proxy: ") == true)
    }
}
