// SPDX-License-Identifier: Apache-2.0

internal import Glibc

extension MappedFile {
    /// Makes the process end with one line and status 1 where a mapped file is cut short while it
    /// is read, or its disk fails: there is no other answer to SIGBUS than to end.
    ///
    /// Nothing is taken in then: what was written so far goes when the store is opened again.
    package static func endPlainlyWhenCutShort() {
        var action = unsafe sigaction()
        // Safe: the handler calls nothing but `write` and `_exit`, which signals may interrupt.
        unsafe action.__sigaction_handler.sa_handler = { _ in
            let line: StaticString =
                """
                ingot: a file was cut short while it was read, or its disk failed: run the command \
                again when the file is at rest

                """
            _ = unsafe write(STDERR_FILENO, line.utf8Start, line.utf8CodeUnitCount)
            _exit(1)
        }
        unsafe sigaction(SIGBUS, &action, nil)
    }
}
