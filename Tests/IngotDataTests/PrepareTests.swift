// SPDX-License-Identifier: Apache-2.0

import IngotCore
import IngotCrypto
import Testing

@testable import IngotData

private func run(_ text: String, _ recipe: String, path: String = "d.jsonl") throws
    -> PreparedDataset
{
    try prepare(
        [(path: path, bytes: Array(text.utf8))],
        PrepareConfiguration(json: JSONValue(parsing: recipe))
    )
}

private func failure(_ text: String, _ recipe: String, path: String = "d.jsonl") -> String {
    do {
        _ = try run(text, recipe, path: path)
        return "no error"
    } catch { return "\(error)" }
}

/// Distinct prompts, ten to a group.
private func rows(_ count: Int) -> String {
    (0..<count).map { index in
        let words = (0..<12).map {
            "w\(CounterRandom(seed: UInt64(index)).index(UInt64($0), below: 999))"
        }
        let prompt = words.joined(separator: " ")
        return #"{"q":"\#(prompt)","a":"label \#(index % 3)","g":"g\#(index / 10)"}"#
    }.joined(separator: "\n")
}

private let template = #""prompt":"Which? {q}","completion":"{a}","group":"{g}""#

@Suite("prepare")
struct PrepareTests {
    /// Stanzas as the Debian catalogue has them, small enough to know by heart.
    private let catalogue = """
        Package: apt
        Section: admin
        Description: commandline package manager

        Package: libapt-dev
        Source: apt (2.6)
        Section: contrib/libdevel
        Description: package management development files
         more text

        Package: apt-dbg
        Source: apt
        Section: debug
        Description: debug symbols of the package manager

        Package: sl
        Section: games
        Description: steam locomotive runs across your terminal

        Package: nosection
        Description: has none
        """

    private let recipe = #"""
        {"format":"deb822","derive":{"section":{"field":"Section","last_of":"/"},
        "source":{"first":["Source","Package"],"before":" ("},
        "synopsis":{"field":"Description","first_line":true}},
        "prompt":"Which section? {synopsis}","completion":"{section}","group":"{source}",
        "filter":{"exclude":{"section":["debug","oldlibs"]}},
        "split":{"train":1,"test":1},"one_per_group":true,"seed":1}
        """#

    @Test("makes questions and answers of a package catalogue")
    func debian() throws {
        let dataset = try run(catalogue, recipe, path: "dumpavail")
        let examples = dataset.splits.flatMap(\.examples).sorted { $0.source.line < $1.source.line }
        #expect(examples.map(\.group) == ["apt", "sl"])
        #expect(
            examples[1].messages.map(\.content) == [
                "Which section? steam locomotive runs across your terminal", "games",
            ]
        )
        #expect(examples[1].id == "dumpavail:16")
        #expect(
            examples[1].source.digest
                == Digest.of(
                    """
                    Package: sl
                    Section: games
                    Description: steam locomotive runs across your terminal
                    """
                )
        )
        let taken = try #require(dataset.dropped.first { $0.reason == .groupTaken })
        #expect([1, 5].contains(taken.line))
        #expect(
            dataset.dropped.filter { $0.reason != .groupTaken }.map(\.json) == [
                [
                    "file": "dumpavail", "line": 11, "reason": "excluded",
                    "detail": "section is 'debug'",
                ],
                [
                    "file": "dumpavail", "line": 20, "reason": "missing_field",
                    "detail": "no 'section'",
                ],
            ]
        )
    }

    @Test("gives the same bytes again, and other ones with another seed")
    func repeatable() throws {
        let recipe = { (seed: Int) in "{\(template),\"seed\":\(seed)}" }
        let first = try run(rows(300), recipe(1)).files
        let again = try run(rows(300), recipe(1)).files
        let other = try run(rows(300), recipe(2)).files
        #expect(first.map(\.name) == again.map(\.name))
        #expect(first.map(\.bytes) == again.map(\.bytes))
        #expect(first.map(\.bytes) != other.map(\.bytes))
        #expect(
            first.map(\.name) == [
                "dropped.jsonl", "labels.json", "report.json", "test.jsonl", "train.jsonl",
                "validation.jsonl",
            ]
        )
    }

    @Test("does not depend on the order in which files are given")
    func fileOrder() throws {
        let configuration = try PrepareConfiguration(json: JSONValue(parsing: "{\(template)}"))
        let files = [
            (path: "b.jsonl", bytes: Array(rows(100).utf8)),
            (path: "a.jsonl", bytes: Array(rows(300).utf8)),
        ]
        let forward = try prepare(files, configuration)
        let backward = try prepare(files.reversed(), configuration)
        #expect(forward.files.map(\.bytes) == backward.files.map(\.bytes))
        #expect(forward.report.inputs.map(\.file) == ["a.jsonl", "b.jsonl"])
        #expect(forward.dropped.filter { $0.reason == .duplicate }.count == 100)
    }

    @Test("accounts for every record", arguments: ["0.8", "50", "\"rest\""])
    func accounting(train: String) throws {
        let held = train == "0.8" ? "0.1" : "20"
        let recipe = """
            {\(template),"split":{"train":\(train),"validation":\(held),"test":\(held)},"limit":250}
            """
        let dataset = try run(rows(300), recipe)
        let report = dataset.report
        let kept = dataset.splits.flatMap(\.examples).map(\.source.line)
        let dropped = dataset.dropped.map(\.line)
        #expect((kept + dropped).sorted() == Array(1...300))
        #expect(dropped == dropped.sorted())
        #expect(report.dropCounts.reduce(0) { $0 + $1.count } == dropped.count)
        #expect(report.splits.reduce(0) { $0 + $1.exampleCount } == kept.count)
        #expect(report.stages.first?.rowCount == 300)
        #expect(report.stages.last?.rowCount == kept.count)
        #expect(report.stages.first { $0.name == "limit" }?.rowCount == 250)
    }

    @Test("puts a group into one split", arguments: [0.8, 100])
    func groups(train: Double) throws {
        let split =
            train < 1
            ? #"{"train":0.8,"validation":0.1,"test":0.1}"#
            : #"{"train":100,"validation":25,"test":35}"#
        let dataset = try run(rows(400), "{\(template),\"split\":\(split)}")
        var home: [String: Split] = [:]
        for (split, examples) in dataset.splits {
            for example in examples {
                #expect(home[example.group, default: split] == split)
                home[example.group] = split
            }
        }
        if train > 1 {
            #expect(dataset.splits.map(\.examples.count) == [100, 25, 35])
        }
    }

    @Test("keeps a group where it is when data are added")
    func stable() throws {
        let small = try run(rows(200), "{\(template)}")
        let large = try run(rows(600), "{\(template)}")
        for (split, examples) in small.splits {
            let groups = Set(large[split].map(\.group))
            #expect(examples.allSatisfy { groups.contains($0.group) })
        }
    }

    @Test("drops exact duplicates, and counts those that answer otherwise")
    func exactDuplicates() throws {
        let text = #"""
            {"prompt":"one two three four","completion":"a"}
            {"prompt":"one two three four ","completion":"a"}
            {"prompt":"one two three four","completion":"b"}
            {"prompt":"five six seven eight","completion":"b"}
            {"prompt":"nine ten","completion":"b"}
            """#
        let split = #"{"train":2,"test":1}"#
        let dataset = try run(text, "{\"split\":\(split)}")
        #expect(
            dataset.dropped.map { "\($0.line) \($0.reason.rawValue): \($0.detail)" } == [
                "2 duplicate: of d.jsonl:1", "3 conflict: of d.jsonl:1, which answers 'a'",
            ]
        )
        #expect(throws: DataError.self) { try run(text, #"{"split":{"train":3,"test":1}}"#) }
    }

    @Test("judges near-duplicates by the values, not by the question they share")
    func nearDuplicates() throws {
        let question = "Which of the many sections of the archive holds the package described as"
        let text = #"""
            {"q":"alpha beta gamma delta epsilon zeta eta theta iota kappa lambda","a":"x"}
            {"q":"alpha beta gamma delta epsilon zeta eta theta iota kappa mu","a":"x"}
            {"q":"a steam engine","a":"x"}
            {"q":"a text editor","a":"x"}
            """#
        let dataset = try run(
            text,
            #"{"prompt":"\#(question) {q}","completion":"{a}","split":{"train":"rest","test":1}}"#
        )
        #expect(
            dataset.dropped.map { "\($0.line) \($0.reason.rawValue): \($0.detail)" } == [
                "2 near_duplicate: 80 % like d.jsonl:1"
            ]
        )
    }

    @Test("drops from train what resembles a held-out example")
    func leakage() throws {
        // Ten families of ten rows that differ in one word of twelve.
        let text = (0..<100).map { index in
            let words = (0..<11).map { "f\(index / 10)w\($0)" } + ["v\(index)"]
            return #"{"prompt":"\#(words.joined(separator: " "))","completion":"a"}"#
        }.joined(separator: "\n")
        let options = #""duplicates":{"near":false},"seed":3"#
        let dataset = try run(text, #"{\#(options),"split":{"train":"rest","test":2}}"#)
        let families = { (examples: [Example]) in
            Set(examples.map { $0.messages[0].content.prefix(2) })
        }
        #expect(families(dataset[.test]).isDisjoint(with: families(dataset[.train])))
        let leaks = dataset.dropped.filter { $0.reason == .leak }
        #expect(leaks.count == 20 - 2 || leaks.count == 10 - 2)
        #expect(leaks.allSatisfy { $0.detail.hasPrefix("81 % like d.jsonl:") })
        #expect(dataset[.train].count + leaks.count + 2 == 100)
        // Exact counts are filled with rows that do not leak.
        let counted = try run(text, #"{\#(options),"split":{"train":50,"test":2}}"#)
        #expect(counted[.train].count == 50)
    }

    @Test("lets the rows of one split resemble each other", arguments: 0..<10)
    func resemblance(seed: Int) throws {
        // One family: whatever of it is not in the validation split leaks it.
        let family = (0..<20).map { index in
            let words = (0..<20).map { "w\($0)" } + ["v\(index)"]
            return #"{"prompt":"\#(words.joined(separator: " "))","completion":"a"}"#
        }
        let others = ["one thing to train on", "yet another lesson"].map {
            #"{"prompt":"\#($0)","completion":"a"}"#
        }
        let recipe = """
            {"duplicates":{"near":false},"seed":\(seed),"split":{"train":"rest","validation":4}}
            """
        let dataset: PreparedDataset
        do {
            dataset = try run((family + others).joined(separator: "\n"), recipe)
        } catch let error as DataError {
            // Both others were held out.
            #expect(error.message.hasPrefix("prepare.split.train: the split would be empty"))
            return
        }
        #expect(dataset[.validation].count == 4)
        #expect((1...2).contains(dataset[.train].count))
        #expect(dataset.dropped.allSatisfy { $0.reason == .leak })
        #expect(dataset.dropped.count + dataset[.train].count == 18)
    }

    @Test("puts the recipe's system text before conversations that have none")
    func system() throws {
        let answer = #"{"role":"assistant","content":"a"}"#
        let text = #"""
            {"messages":[{"role":"user","content":"q1"},\#(answer)]}
            {"system":"own","messages":[{"role":"user","content":"q2"},\#(answer)]}
            """#
        let dataset = try run(
            text,
            #"{"system":"given","split":{"train":1,"test":1}}"#
        )
        let systems = dataset.splits.flatMap(\.examples)
            .sorted { $0.source.line < $1.source.line }.map { $0.messages[0].content }
        #expect(systems == ["given", "own"])
    }

    @Test("reads back what it wrote")
    func roundTrip() throws {
        let dataset = try run(rows(300), "{\(template)}")
        let files = Dictionary(uniqueKeysWithValues: dataset.files.map { ($0.name, $0.bytes) })
        for (split, examples) in dataset.splits {
            let bytes = try #require(files[split.fileName])
            #expect(try Example.examples(file: split.fileName, bytes: bytes) == examples)
        }
        let report = try JSONValue(parsing: #require(files["report.json"]))
        #expect(try PrepareReport(json: report) == dataset.report)
        let labels = try JSONValue(parsing: #require(files["labels.json"]))
        #expect(try LabelSet(json: labels) == dataset.labels)
    }

    @Test("counts labels, knows the majority, and writes none for free text")
    func labels() throws {
        let dataset = try run(rows(300), "{\(template)}")
        let labels = try #require(dataset.labels)
        #expect(labels.labels.map(\.text) == ["label 0", "label 1", "label 2"])
        let counts = labels.labels.map { $0.counts[.train] ?? 0 }
        let best = try #require(counts.max())
        #expect(
            labels.majority(in: .train)
                == labels.labels[try #require(counts.firstIndex(of: best))].text
        )
        let free = rows(1100).split(separator: "\n").enumerated().map { index, line in
            line.replacing("label \(index % 3)", with: "answer \(index)")
        }.joined(separator: "\n")
        let long = try run(free, "{\(template)}")
        #expect(long.labels == nil)
        #expect(!long.files.contains { $0.name == "labels.json" })
    }
}

@Suite("prepare, attacks")
struct PrepareAttackTests {
    @Test("names a field of the recipe that no record has, and the nearest one")
    func unknownField() {
        #expect(
            failure(
                #"{"question":"x","answer":"y"}"#,
                #"{"prompt":"{qestion}","completion":"{answer}"}"#
            )
                == "prepare.prompt: no record has the field 'qestion': did you mean 'question'?"
        )
        #expect(
            failure(
                #"{"question":"x","answer":"y"}"#,
                #"{"prompt":"{question}","completion":"{zzzzzzzz}"}"#
            )
                == "prepare.completion: no record has the field 'zzzzzzzz': "
                + "the records have answer, question"
        )
        #expect(
            failure(
                #"{"q":"x"}"#,
                #"{"derive":{"d":{"field":"p"}},"prompt":"{q}","completion":"{d}"}"#
            )
                == "prepare.derive.d: no record has the field 'p': did you mean 'd'?"
        )
    }

    @Test(
        "refuses an empty dataset",
        arguments: ["", "\n\n", "  \n"]
    )
    func empty(text: String) {
        #expect(failure(text, "{}") == "d.jsonl: no records: the dataset is empty")
    }

    @Test("refuses a dataset without a file that the recipe means")
    func noFile() {
        #expect(
            failure("{}", #"{"files":["*.csv"]}"#)
                == "prepare.files: no file matches *.csv: the dataset has d.jsonl"
        )
    }

    @Test("refuses a file whose format nothing tells")
    func noFormat() {
        #expect(failure("x", "{}", path: "dump").hasPrefix("dump: the name does not tell"))
    }

    @Test("refuses records of no known shape")
    func noShape() {
        #expect(
            failure(#"{"x":"1","y":"2"}"#, "{}")
                .hasPrefix("d.jsonl line 1: no known shape among the fields x, y: expected")
        )
    }

    @Test("says why all rows were dropped")
    func allDropped() {
        #expect(
            failure(#"{"prompt":"","completion":"x"}"#, "{}")
                == "prepare: all 1 rows were dropped, 1 of them for empty; "
                + "the first is d.jsonl line 1: the user's text"
        )
    }

    @Test("names a split that would be empty, and one that would be short")
    func emptySplit() {
        let one = #"{"prompt":"a","completion":"b"}"#
        #expect(
            failure(one, #"{"split":{"train":1,"test":1}}"#)
                .hasPrefix("prepare.split.train: the split would be empty: 1 rows in 1 groups")
        )
        #expect(
            failure(one, #"{"split":{"train":0.5,"validation":0.25,"test":0.25}}"#)
                .contains("the split would be empty")
        )
        #expect(
            failure(rows(20), "{\(template),\"split\":{\"train\":50,\"test\":5}}")
                == "prepare.split.train: asked for 50 examples, but only 10 are left: "
                + "ask for fewer, or say 'rest'"
        )
    }

    @Test("drops rows by length, counted in characters")
    func lengths() throws {
        let text = #"""
            {"prompt":"é","completion":"x"}
            {"prompt":"éé","completion":"x"}
            {"prompt":"ééé","completion":"x"}
            {"prompt":"cc","completion":"xx"}
            {"prompt":"dd","completion":"x"}
            """#
        let dataset = try run(
            text,
            #"""
            {"filter":{"prompt_characters":{"min":2,"max":2},"completion_characters":{"max":1}},
            "split":{"train":1,"test":1}}
            """#
        )
        #expect(
            dataset.dropped.map { "\($0.line) \($0.reason.rawValue): \($0.detail)" } == [
                "1 too_short: prompt of 1 characters", "3 too_long: prompt of 3 characters",
                "4 too_long: answer of 2 characters",
            ]
        )
    }

    @Test("takes a field of white space alone for a missing one")
    func blank() throws {
        let text = "a\tb\nx\t1\n \t2\ny\t \nz\t3\n"
        let dataset = try run(
            text,
            #"{"prompt":"Which? {a}","completion":"{b}","split":{"train":1,"test":1}}"#,
            path: "d.tsv"
        )
        #expect(
            dataset.dropped.map { "\($0.line) \($0.reason.rawValue): \($0.detail)" } == [
                "3 missing_field: no 'a'", "4 missing_field: no 'b'",
            ]
        )
        let lengths = dataset.report.splits.map(\.promptLengths.median)
        #expect(lengths == [8, 8])
    }
}
