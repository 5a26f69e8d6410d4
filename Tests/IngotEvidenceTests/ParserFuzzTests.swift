// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotEvidence

/// Seeded noise: parsers refuse or accept, never crash, and never accept what was not signed.
@Suite("Noise in evidence")
struct ParserFuzzTests {
    /// SplitMix64: the same noise each time.
    private struct Noise: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        /// Changes, removes, doubles or inserts a few bytes.
        mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
            var result = bytes
            for _ in 0...Int.random(in: 0..<4, using: &self) {
                let place = Int.random(in: 0..<max(result.count, 1), using: &self)
                guard place < result.count else { break }
                switch Int.random(in: 0..<5, using: &self) {
                case 0: result[place] = UInt8.random(in: .min ... .max, using: &self)
                case 1: result.remove(at: place)
                case 2:
                    result.insert(
                        Array("{}[]\",:\\0-\n ".utf8).randomElement(using: &self)
                            ?? 0,
                        at: place
                    )
                case 3: result.removeSubrange(place...)
                default:
                    let end = min(result.count, place + Int.random(in: 1..<40, using: &self))
                    result.insert(contentsOf: result[place..<end], at: place)
                }
            }
            return result
        }
    }

    @Test("never accepts a bundle that says something else", arguments: 0..<4)
    func bundles(seed: Int) throws {
        let keys = try Keys()
        let statement = Samples.statement(Samples.trained)
        let key = try #require(keys.byRole[.trainer])
        let bytes = try Bundle(signing: statement, with: key).canonicalBytes
        var noise = Noise(state: UInt64(seed))
        for _ in 0..<2_000 {
            let changed = noise.mutate(bytes)
            do throws(EvidenceError) {
                let verified = try keys.trust.verify(changed)
                #expect(verified.statement == statement)
            } catch { #expect(!error.message.isEmpty) }
        }
    }

    @Test("never crashes on a statement, a trust file, a note or a receipt", arguments: 0..<4)
    func texts(seed: Int) throws {
        let keys = try Keys()
        let signer = try NoteSigner(name: "log", key: .generate())
        let head = LogHead(origin: "log", size: 7, root: Samples.digest("root"))
        let note = try signer.sign(head.text).description
        let receipt = InclusionProof(
            index: 3,
            proof: [Samples.digest("a"), Samples.digest("b")],
            head: note,
            extra: try TestStore().catalog.logEntryBytes(0)
        )
        let texts = [
            Samples.statement(Samples.all[seed]).canonicalBytes,
            Samples.statement(Samples.verdict(.passed)).canonicalBytes,
            keys.trust.json.canonicalBytes, Array(note.utf8), Array(receipt.text.utf8),
        ]
        var noise = Noise(state: UInt64(seed))
        for text in texts {
            for _ in 0..<500 {
                let bytes = noise.mutate(text)
                let string = String(decoding: bytes, as: UTF8.self)
                accept { _ = try Statement(parsing: bytes).facts() }
                accept { _ = try TrustFile(parsing: bytes) }
                accept { _ = try SignedNote(parsing: string) }
                accept { _ = try InclusionProof(parsing: string) }
                accept { _ = try Receipt(parsing: bytes).check(by: [signer.verifier]) }
                accept {
                    let read = try LogHead(verifying: string, with: signer.verifier)
                    #expect(read == head)
                }
            }
        }
    }

    private func accept(_ parse: () throws -> Void) {
        do { try parse() } catch { #expect(error is EvidenceError) }
    }
}
