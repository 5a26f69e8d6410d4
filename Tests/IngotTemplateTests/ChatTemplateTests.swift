// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import IngotTemplate

@Suite struct ChatTemplateTests {
    @Test func rendersText() throws {
        #expect(try ChatTemplate(source: "a").render([String: TemplateValue]()) == "a")
    }
}
