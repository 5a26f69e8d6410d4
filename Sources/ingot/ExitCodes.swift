// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import IngotCore

/// The one table from outcomes to exit statuses.
enum ExitCodes {
    static let failure: Int32 = 1
    static let usage: Int32 = 2
    static let gateFailed = ExitCode(3)
    static let gateWithoutData = ExitCode(4)

    /// Prints what a person needs to know, and ends the process.
    static func leave(after error: any Error) -> Never {
        OpenStore.endLeases()
        switch error {
        case let code as ExitCode:
            Foundation.exit(code.rawValue)
        case let error as any IngotError:
            Terminal.printError(PrintableText.line("ingot: \(error.message)"))
            Foundation.exit(failure)
        default:
            let status = Ingot.exitCode(for: error)
            let text = Ingot.fullMessage(for: error)
            guard status != .success else {
                print(text)
                Foundation.exit(0)
            }
            Terminal.printError(PrintableText.lines(text))
            Foundation.exit(status == .validationFailure ? usage : failure)
        }
    }
}
