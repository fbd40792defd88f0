import Core
import Definitions
import Store
import Wire

/// Why a command ended without doing what was asked: what, where, and how to mend it.
struct Failure: Error {
    var status: ExitStatus
    var message: String
    /// What the user can do; nil where nothing helps.
    var fix: String?

    init(_ status: ExitStatus, _ message: String, fix: String? = nil) {
        self.status = status
        self.message = message
        self.fix = fix
    }

    /// Prints the failure on standard error; what a user typed can't command a terminal.
    func report() {
        var text = "error: \(message)"
        if let fix { text += "\n  fix: \(fix)" }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            Output.error(String(line).withoutControls)
        }
    }

    /// Runs a body and turns what it throws into a failure.
    ///
    /// - Parameters:
    ///   - passingDivergence: Whether a ``Divergence`` is an answer, as it is to an audit; to all others
    ///     it is damage.
    ///   - body: What is to be done.
    /// - Returns: What the body returns.
    /// - Throws: ``Failure``, or what the body throws beside the store's errors.
    static func translating<Result>(
        passingDivergence: Bool = false, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let divergence as Divergence where !passingDivergence {
            throw Failure(StoreError.damaged("\(divergence)"))
        } catch let error as StoreError {
            throw Failure(error)
        } catch let error as QuestionError {
            throw Failure(error)
        } catch let error as WireError {
            throw Failure(.ioError, "the store can't be read: \(error)")
        }
    }

    init(_ error: StoreError) {
        switch error {
        case .noStore(let directory):
            self.init(
                .noInput, "there is no store in \(directory)",
                fix: "make one with muster init --timezone ZONE --currency CODE, or name "
                    + "another with --store")
        case .storeExists(let directory):
            self.init(
                .cannotCreate, "\(directory) holds a store already",
                fix: "name another directory with --store; nothing was changed")
        case .busy(let seconds):
            self.init(
                .busy, "another process writes and did not hand over within \(seconds) s",
                fix: "try again, or wait longer, such as with --wait \(2 * max(30, seconds))s; "
                    + "nothing was changed")
        case .cannotCreate(let message):
            self.init(.cannotCreate, "the store can't be made: \(message)")
        case .cannotWrite(let message):
            self.init(
                .ioError, "the store can't be written: \(message)",
                fix: "mend that and feed the same input again; nothing of the batch was stored, "
                    + "everything before it was")
        case .cannotRead(let message):
            self.init(.ioError, "the store can't be read: \(message)")
        case .tooManyReaders(let max):
            self.init(
                .ioError, "\(max) processes have the store open, and no more can",
                fix: "end one of them and try again")
        case .damaged(let message):
            self.init(
                .ioError, "the store is damaged: \(message)",
                fix: "keep a copy of it, and go back to a backup")
        case .otherFormat(let found, let known):
            self.init(
                .ioError, "the store has format \(found), and this release knows \(known)",
                fix: "use the release that made it, or import here what its export gives")
        }
    }

    init(_ error: QuestionError) {
        switch error {
        case .unknown(let kind, let id, let nearest):
            self.init(
                .no, "there is no \(kind.word) \(id)",
                fix: nearest.map { "did you mean \($0)?" })
        case .unknownPartner(let id):
            self.init(.no, "no event has named a partner \(id)")
        case .beforeFirstEvent(let id, let first):
            self.init(
                .no,
                "no event had named a partner \(id) by then: the first is of "
                    + timestampText(first),
                fix: "ask for that instant or a later one")
        case .afterNow(.some(let now)):
            self.init(
                .no, "that moment has not come: the engine clock stands at \(timestampText(now))",
                fix: "ask for that instant or an earlier one, or move the clock with "
                    + "muster advance")
        case .afterNow(nil):
            self.init(
                .no, "the engine clock is not set yet",
                fix: "feed events with muster ingest, or set it with muster advance --to INSTANT")
        case .knownBefore(let instant):
            self.init(
                .no,
                "what is known can't end before the instant asked about, "
                    + timestampText(instant),
                fix: "give --known-at that instant or a later one")
        case .unknownSend(let id):
            self.init(
                .no, "there is no send \(id)",
                fix: "list them with muster sends; with --partner "
                    + "only that partner's are looked through")
        case .beforeNow(let now):
            self.init(
                .no, "that moment has passed: the engine clock stands at \(timestampText(now))",
                fix: "ask for a later instant; muster members --at answers about the past")
        case .afterHead(let last):
            self.init(.no, "the log's last record is \(last)")
        case .beforeDefined(let kind, let id, let since, let sequence, knownAt: nil):
            self.init(
                .no,
                "the \(kind.word) \(id) did not exist then: it was defined "
                    + place(since, sequence))
        case .afterRetired(let kind, let id, let since, let sequence, knownAt: nil):
            self.init(
                .no,
                "the \(kind.word) \(id) did not exist then: it was retired "
                    + place(since, sequence))
        case .beforeDefined(let kind, let id, let since, let sequence, .some(let later)):
            self.init(
                .no,
                "the \(kind.word) \(id) was not in force yet at \(timestampText(later)), up to which "
                    + "--known-at goes: it was defined " + place(since, sequence),
                fix: "give a later --known-at")
        case .afterRetired(let kind, let id, let since, let sequence, .some(let later)):
            self.init(
                .no,
                "the \(kind.word) \(id) was no longer in force at \(timestampText(later)), up to which "
                    + "--known-at goes: it was retired " + place(since, sequence),
                fix: "give an earlier --known-at, or ask without it and without --corrected")
        }

        func place(_ time: Instant, _ sequence: UInt64) -> String {
            (time == .unset ? "" : "at \(timestampText(time)), ") + "by record \(sequence)"
        }
    }

    /// Why nothing may be delivered.
    init(_ refusal: DeliveryRefusal, _ directory: String) {
        switch refusal {
        case .emits:
            self.init(
                .usage,
                "the sends of \(directory) are handed out by ingest --emit sends already",
                fix: "use one of the two ways: whoever got a send would be mailed twice")
        case .held(let mark):
            self.init(
                .no,
                "\(directory) was restored or imported, and what was mailed after the copy is not "
                    + "known here",
                fix: "feed the missing input, then say muster deliver --release \(mark)")
        case .nothingHeld:
            self.init(
                .no, "no restore or import holds the sends of \(directory)",
                fix: "leave --release out")
        case .busy:
            self.init(
                .busy, "another process delivers from \(directory)",
                fix: "wait for it to end, or stop it")
        }
    }

    /// Why `ingest --emit sends` may not hand sends out, in the words of `deliver` where they share it.
    init(emitting refusal: DeliveryRefusal, _ directory: String) {
        switch refusal {
        case .emits:
            self.init(
                .busy, "another process hands out the sends of \(directory)",
                fix: "leave --emit sends out: that process prints what this one decides; nothing "
                    + "was read")
        case .busy:
            self.init(
                .usage, "the sends of \(directory) are mailed by a deliver at work",
                fix: "use one of the two ways: whoever got a send would be mailed twice; nothing "
                    + "was read")
        case .held, .nothingHeld: self.init(refusal, directory)
        }
    }

    /// All that is wrong in definition files; the ending says what that meant.
    init(_ errors: DefinitionErrors, ending: String = "nothing was changed") {
        let lines = errors.errors.map { error in
            "\(error)\n  fix: \(error.fix)"
        }
        self.init(
            .dataError,
            lines.joined(separator: "\nerror: ")
                + "\n\(errors.errors.count == 1 ? "1 error" : "\(errors.errors.count) errors")"
                + "; \(ending)")
    }
}
