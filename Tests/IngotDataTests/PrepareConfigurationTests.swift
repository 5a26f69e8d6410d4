// SPDX-License-Identifier: Apache-2.0

import IngotCore
import Testing

@testable import IngotData

@Suite("PrepareConfiguration")
struct PrepareConfigurationTests {
    @Test("has the documented defaults")
    func defaults() throws {
        let configuration = try PrepareConfiguration(json: [:])
        #expect(configuration.format == nil)
        #expect(configuration.filePatterns == ["**"])
        #expect(configuration.dropsExactDuplicates)
        #expect(configuration.nearThreshold == 0.8)
        #expect(configuration.shingleWords == 3)
        #expect(configuration.leakageThreshold == 0.8)
        #expect(configuration.split.shares.map(\.split) == [.train, .validation, .test])
        #expect(configuration.split.usesFractions)
        #expect(configuration.seed == 0)
    }

    @Test("takes near-duplicates' threshold for leakage unless it is given")
    func thresholds() throws {
        let near: JSONValue = ["duplicates": ["near": 0.6]]
        #expect(try PrepareConfiguration(json: near).leakageThreshold == 0.6)
        let off: JSONValue = ["duplicates": ["near": false]]
        #expect(try PrepareConfiguration(json: off).nearThreshold == nil)
        #expect(try PrepareConfiguration(json: off).leakageThreshold == 0.8)
    }

    @Test("reads counts, the rest and fractions")
    func splits() throws {
        let counts: JSONValue = ["split": ["train": "rest", "test": 20]]
        let shares = try PrepareConfiguration(json: counts).split.shares
        #expect(shares.map(\.split) == [.train, .test])
        #expect(shares.map(\.share) == [.rest, .count(20)])
    }

    @Test(
        "refuses a wrong key or value and names its place",
        arguments: [
            (#"{"formatt":"csv"}"#, "prepare.formatt is not a known key: did you mean 'format'?"),
            (#"{"format":"jsonal"}"#, "prepare.format: 'jsonal' is not a format: did you mean"),
            (#"{"format":7}"#, "prepare.format: expected text"),
            (#"{"derive":{"a":{"feild":"x"}}}"#, "prepare.derive.a: give 'field'"),
            (
                #"{"derive":{"a":{"field":"x","last":"/"}}}"#,
                "prepare.derive.a.last is not a known key"
            ),
            (#"{"derive":7}"#, "prepare.derive: expected keys and values"),
            (#"{"prompt":"{a}"}"#, "prepare.completion is missing: give both"),
            (#"{"completion":"{a}"}"#, "prepare.prompt is missing: give both"),
            (#"{"prompt":"{a","completion":"b"}"#, "prepare.prompt: a '{' is never closed"),
            (#"{"prompt":"a","completion":"b"}"#, "prepare.prompt names no field"),
            (#"{"one_per_group":true}"#, "prepare.one_per_group needs prepare.group"),
            (#"{"filter":{"exclude":{"a":"x"}}}"#, "prepare.filter.exclude.a: expected a list"),
            (
                #"{"filter":{"prompt_characters":{"min":9,"max":3}}}"#,
                "prepare.filter.prompt_characters: expected 0 <= min <= max"
            ),
            (#"{"filter":{"exlcude":{}}}"#, "prepare.filter.exlcude is not a known key: did you"),
            (#"{"duplicates":{"near":1.5}}"#, "prepare.duplicates.near: expected a similarity"),
            (#"{"duplicates":{"shingle_words":0}}"#, "prepare.duplicates.shingle_words: 0 is not"),
            (#"{"leakage":0.1}"#, "prepare.leakage: expected a similarity"),
            (#"{"limit":0}"#, "prepare.limit: 0 is not between 1"),
            (#"{"split":{"test":5}}"#, "prepare.split.train is missing"),
            (#"{"split":{"train":0.9,"test":5}}"#, "prepare.split: give counts for all"),
            (#"{"split":{"train":0.9,"test":0.2}}"#, "prepare.split: the fractions add up"),
            (#"{"split":{"train":-1}}"#, "prepare.split.train: expected a number of examples"),
            (#"{"split":{"train":1,"test":"rest"}}"#, "prepare.split.test: expected a number"),
            (
                #"{"split":{"train":1,"valid":2}}"#,
                "prepare.split.valid is not a known key: known here are train, validation, test"
            ),
            (#"{"seed":"x"}"#, "prepare.seed: expected a whole number"),
        ]
    )
    func malformed(text: String, message: String) throws {
        let json = try JSONValue(parsing: text)
        #expect {
            try PrepareConfiguration(json: json)
        } throws: {
            let actual = "\($0)"
            if !actual.hasPrefix(message) { Issue.record("\(actual)") }
            return !actual.contains("\n")
        }
    }
}
