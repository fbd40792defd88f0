import ArgumentParser
import Core
import Feedback
import Store
import Wire

/// How input wraps events (SPEC 2, 2.2).
enum InputFormat: Equatable, ExpressibleByArgument {
    /// Lines that hold one event each.
    case lines(Envelope)
    /// Lines of a provider's webhook dump.
    case provider(Provider)
    /// Mailboxes with reports of mail servers.
    case mail

    static let plain = InputFormat.lines(.plain)

    static let allValueStrings =
        Envelope.allCases.map(\.rawValue) + Provider.allCases.map(\.rawValue) + ["dsn"]

    init?(argument: String) {
        if let envelope = Envelope(rawValue: argument) {
            self = .lines(envelope)
        } else if let provider = Provider(rawValue: argument) {
            self = .provider(provider)
        } else if argument == "dsn" {
            self = .mail
        } else {
            return nil
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .lines(let envelope): envelope.rawValue
        case .provider(let provider): provider.rawValue
        case .mail: "dsn"
        }
    }
}

extension SendOwners {
    /// The look-up that readers of feedback ask for.
    var lookUp: SendLookUp {
        { send in
            try self.owner(of: send).map {
                SendOwner(partner: $0.partner.bytes, source: $0.source.bytes)
            }
        }
    }
}
