import ArgumentParser
import Core
import Delivery
import Store

struct SendTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-test",
        abstract: "Mail a marked copy of a template to yourself; nothing is noted anywhere.",
        discussion: """
            The template in force, filled in with what is known of a partner now, goes to the address \
            that you give, with [test] before its subject.

              muster send-test first-sale --partner ada --to me@acme.example \\
                --via smtps://acme@mail.example.com --from 'Acme <hello@acme.example>'
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var mail: MailOptions

    @Argument(help: "The template's id.")
    var template: String

    @Option(help: "The partner whose fields fill it in.")
    var partner: String

    @Option(
        help: "The address that gets it, such as me@acme.example.",
        transform: MailboxArgument.init(_:))
    var to: MailboxArgument

    @Option(help: "The way it takes: smtp://, smtps://, http(s)://, maildir:DIR or stdout.")
    var via = "stdout"

    func run() throws {
        do {
            try Failure.translating { try send() }
        } catch let error as TargetError {
            throw Failure(.ioError, error.message, fix: error.fix)
        }
    }

    private func send() throws {
        let sender = try mail.sender(for: via)
        let store = try store.open(isReadOnly: true)
        let target = try mail.target(via, parallel: 1)
        defer { target.close() }
        let test = try store.testMail(Name(template), to: Name(partner))
        // Each copy has an id of its own, by which no mailbox takes it for an earlier one.
        let id = SendID.make(
            program: store.program.name, kind: .template, source: test.template.id,
            partner: test.partner.partner,
            ordinal: UInt32(truncatingIfNeeded: WallClock.now.microseconds))
        let post = PostRoom(from: sender, programName: store.program.name.description)
        switch post.testMail(test, send: id, to: to.mailbox.address, at: WallClock.now) {
        case .failure(let problem):
            throw Failure(.no, "the template can't be filled in: \(problem.message)")
        case .success(let mail):
            try target.start(mail, token: 0)
        }
        while true {
            guard let (_, outcome) = target.wait(milliseconds: 1_000).first else { continue }
            switch outcome {
            case .delivered(let detail):
                Output.error("delivered\(detail.isEmpty ? "" : ": \(detail)")")
                return
            case .refused(_, _, _, let message), .slowDown(_, let message), .gone(let message),
                .outOfService(let message), .serviceEnded(let message), .notSent(let message),
                .unknown(let message):
                throw Failure(.ioError, "the mail was not delivered: \(message)")
            }
        }
    }
}
