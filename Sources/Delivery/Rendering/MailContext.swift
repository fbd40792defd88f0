public import Core

/// What a template sees (SPEC 10): the partner's fields and the program's texts as they were at the decision.
public struct MailContext: Sendable, Equatable {
    /// The partner's id: `partner`.
    public var partner: Name
    /// The partner's name: `name`; nil without one.
    public var name: String?
    /// The partner's address: `email`; nil without one.
    public var email: String?
    /// The partner's attributes: `attributes.NAME`.
    public var attributes: [Attribute]
    /// The partner's tags, in byte order: the list `tags`.
    public var tags: [String]
    /// The partner's contracts, in byte order of their ids: `contract.ID.stage`; without an id the one
    /// called `default`, else the first.
    public var contracts: [Contract]
    /// The program's name: `program.name`.
    public var programName: String
    /// The program's own texts: `constants.NAME`.
    public var constants: [ProgramSettings.Constant]
    /// Where the partner can unsubscribe: `unsubscribe_url`; nil without an `unsubscribe_base`.
    public var unsubscribeURL: String?

    /// An attribute of the partner.
    public struct Attribute: Sendable, Equatable {
        /// Its name.
        public var name: String
        /// Its value.
        public var value: MailValue

        /// Makes an attribute.
        public init(name: String, value: MailValue) {
            self.name = name
            self.value = value
        }
    }

    /// A contract of the partner.
    public struct Contract: Sendable, Equatable {
        /// Its id.
        public var id: String
        /// The word of its stage.
        public var stage: String
        /// Its template term; nil without one.
        public var templateTerm: String?

        /// Makes a contract.
        public init(id: String, stage: String, templateTerm: String? = nil) {
            self.id = id
            self.stage = stage
            self.templateTerm = templateTerm
        }
    }

    /// Makes a context.
    public init(
        partner: Name, name: String? = nil, email: String? = nil, attributes: [Attribute] = [],
        tags: [String] = [], contracts: [Contract] = [], programName: String,
        constants: [ProgramSettings.Constant] = [], unsubscribeURL: String? = nil
    ) {
        self.partner = partner
        self.name = name
        self.email = email
        self.attributes = attributes
        self.tags = tags
        self.contracts = contracts
        self.programName = programName
        self.constants = constants
        self.unsubscribeURL = unsubscribeURL
    }

    /// The link by which one send's receiver unsubscribes: the program's `unsubscribe_base`, completed by the send's id.
    ///
    /// A base that ends in `/`, `=` or `?` is completed as it is; any other gets a `/` first.
    public static func unsubscribeURL(base: String, send: String) -> String {
        let isOpen = base.last.map { "/=?".contains($0) } ?? false
        return base + (isOpen ? "" : "/") + send
    }
}

/// The value of an attribute, its text spelled out.
public enum MailValue: Sendable, Equatable {
    case text(String)
    case number(Decimal)
    case flag(Bool)
}

/// A value as templates look it up.
enum Field {
    case text(String)
    case flag(Bool)
    case list([String])
    case group([String: Field])

    /// The field's own field of a name; nil where it has none.
    subscript(name: String) -> Field? {
        if case .group(let fields) = self { fields[name] } else { nil }
    }

    /// Whether a section over it is written.
    var holds: Bool {
        switch self {
        case .text(let text): !text.isEmpty
        case .flag(let flag): flag
        case .list(let items): !items.isEmpty
        case .group: true
        }
    }
}

extension MailContext {
    /// Everything by its name in templates; what the partner does not have is not there.
    var root: Field {
        var fields: [String: Field] = [
            "partner": .text(partner.description),
            "tags": .list(tags),
            "program": .group(["name": .text(programName)]),
        ]
        if let name { fields["name"] = .text(name) }
        if let email { fields["email"] = .text(email) }
        if let unsubscribeURL { fields["unsubscribe_url"] = .text(unsubscribeURL) }
        fields["attributes"] = .group(
            Dictionary(attributes.map { ($0.name, $0.value.field) }, uniquingKeysWith: { $1 }))
        fields["constants"] = .group(
            Dictionary(constants.map { ($0.name, .text($0.value)) }, uniquingKeysWith: { $1 }))
        if let contract = contracts.first(where: { $0.id == "default" }) ?? contracts.first {
            var group = Dictionary(
                contracts.map { ($0.id, Field.group($0.fields)) }, uniquingKeysWith: { $1 })
            group["id"] = .text(contract.id)
            group.merge(contract.fields) { $1 }
            fields["contract"] = .group(group)
        }
        return .group(fields)
    }
}

extension MailContext.Contract {
    fileprivate var fields: [String: Field] {
        var fields: [String: Field] = ["stage": .text(stage)]
        if let templateTerm { fields["template_term"] = .text(templateTerm) }
        return fields
    }
}

extension MailValue {
    fileprivate var field: Field {
        switch self {
        case .text(let text): .text(text)
        case .number(let number): .text(plainText(number))
        case .flag(let flag): .flag(flag)
        }
    }
}

/// A number without an exponent: 1250000, 0.05.
///
/// Beyond 400 digits, where nobody could read it, as JSON writes it.
private func plainText(_ number: Decimal) -> String {
    let point = Int(number.exponent)
    guard !number.isZero, (-400...400).contains(point), number.digitCount <= 400 else {
        return number.description
    }
    let digits = number.digits.map(String.init).joined()
    let sign = number.isNegative ? "-" : ""
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    guard point < digits.count else {
        return sign + digits + String(repeating: "0", count: point - digits.count)
    }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
}
