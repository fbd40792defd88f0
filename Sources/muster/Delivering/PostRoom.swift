import Core
import Delivery
import Store
import Wire

/// Makes mails of claimed sends: fills in the template and addresses it.
final class PostRoom {
    /// Why a mail can't be made.
    struct Problem: Error {
        var message: String

        init(message: String) {
            self.message = message
        }

        init(_ error: any Error) {
            switch error {
            case RenderingError.missing(let field, let part, let line):
                let isProgram = field.hasPrefix("constants.") || field == "unsubscribe_url"
                message =
                    "the \(isProgram ? "program" : "partner") has no \(field), which line "
                    + "\(line) of the \(part.rawValue) names"
            case RenderingError.notText(let field, let part, let line):
                message =
                    "\(field), which line \(line) of the \(part.rawValue) names, is a list and no text"
            case RenderingError.tooLarge(let part, let bytesMax):
                message = "the \(part.rawValue) would be longer than \(bytesMax) bytes"
            default: message = "\(error)"
            }
        }
    }

    private let from: Mailbox
    private let programName: String
    private static let testMark = "[test] "
    private var renderers: [Name: [UInt32: Renderer]] = [:]

    init(from: Mailbox, programName: String) {
        self.from = from
        self.programName = programName
    }

    func mail(for claim: Deliverer.Claim, at wallTime: Instant) -> Result<OutgoingMail, Problem> {
        let send = claim.send
        guard let address = send.to else { return .failure(Problem(message: "it has no address")) }
        let id = String(decoding: send.id, as: UTF8.self)
        let unsubscribe = claim.settings.unsubscribeBase.map {
            MailContext.unsubscribeURL(base: $0, send: id)
        }
        do {
            let renderer = try renderer(of: claim)
            let rendered = try renderer.render(
                context(claim.partner, claim.settings, unsubscribe))
            return .success(
                OutgoingMail(
                    send: id, from: from,
                    to: Mailbox(
                        address: address.description, name: claim.partner.name?.description),
                    subject: rendered.subject, text: rendered.text, html: rendered.html,
                    unsubscribeURL: unsubscribe, date: send.decidedAt, attemptedAt: wallTime,
                    origin: MailOrigin(
                        kind: send.kind, source: send.source, partner: send.partner,
                        template: send.template, templateVersion: Int(send.templateVersion),
                        decidedAt: send.decidedAt, attempt: Int(claim.attempt))))
        } catch {
            return .failure(Problem(error))
        }
    }

    /// A marked copy of what a partner would get, to another address.
    func testMail(
        _ test: TestMail, send: [UInt8], to address: String, at wallTime: Instant
    ) -> Result<OutgoingMail, Problem> {
        let id = String(decoding: send, as: UTF8.self)
        let unsubscribe = test.settings.unsubscribeBase.map {
            MailContext.unsubscribeURL(base: $0, send: id)
        }
        do {
            let rendered = try Renderer(test.template).render(
                context(test.partner, test.settings, unsubscribe))
            return .success(
                OutgoingMail(
                    send: id, from: from, to: Mailbox(address: address),
                    subject: Self.testMark + rendered.subject, text: rendered.text,
                    html: rendered.html, unsubscribeURL: unsubscribe, date: wallTime,
                    attemptedAt: wallTime,
                    origin: MailOrigin(
                        kind: .template, source: test.template.id,
                        partner: test.partner.partner, template: test.template.id,
                        templateVersion: Int(test.version), decidedAt: test.now, attempt: 1)))
        } catch {
            return .failure(Problem(error))
        }
    }

    private func renderer(of claim: Deliverer.Claim) throws -> Renderer {
        let send = claim.send
        if let known = renderers[send.template]?[send.templateVersion] { return known }
        let renderer = try Renderer(claim.template)
        renderers[send.template, default: [:]][send.templateVersion] = renderer
        return renderer
    }

    /// What a template sees (SPEC 10).
    private func context(
        _ partner: PartnerReport, _ settings: ProgramSettings, _ unsubscribe: String?
    ) -> MailContext {
        MailContext(
            partner: partner.partner, name: partner.name?.description,
            email: partner.email?.description,
            attributes: partner.attributes.map { attribute in
                let value: MailValue =
                    switch attribute.value {
                    case .text(let text): .text(text.description)
                    case .number(let number): .number(number)
                    case .flag(let flag): .flag(flag)
                    }
                return MailContext.Attribute(name: attribute.name.description, value: value)
            }, tags: partner.tags.map(\.tag.description),
            contracts: partner.contracts.map {
                MailContext.Contract(
                    id: $0.contract.description, stage: $0.stage.word,
                    templateTerm: $0.term?.description)
            }, programName: programName, constants: settings.constants,
            unsubscribeURL: unsubscribe)
    }
}
