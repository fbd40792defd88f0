/// A program that an operator can put in force as it is (SPEC 5, "Ready templates"): rules, copy, and
/// a scenario that shows what it does.
public struct ReadyTemplate: Sendable {
    /// The name on the command line.
    public let name: String
    /// What people call it.
    public let title: String
    /// What it does, in a sentence.
    public let summary: String
    /// What can be chosen, with what holds where nothing is.
    public let choices: [Choice]
    let make: @Sendable (Choices) -> Files

    /// Something that can be chosen.
    public struct Choice: Sendable {
        /// Which parameter it is.
        public let parameter: Parameter
        /// What it means here.
        public let meaning: String
        /// What holds where nothing is chosen, written as on the command line.
        public let standard: String
        /// How many numbers it may have; one for a text.
        let counts: ClosedRange<Int>

        init(
            _ parameter: Parameter, _ meaning: String, standard: String,
            counts: ClosedRange<Int> = 1...1
        ) {
            self.parameter = parameter
            self.meaning = meaning
            self.standard = standard
            self.counts = counts
        }
    }

    /// What comes of it, each the text of a file.
    public struct Files: Sendable {
        /// The program file, for `muster apply`.
        public let program: String
        /// The scenario file, for `muster test` in the same folder.
        public let scenario: String
    }

    /// All of them, by name.
    public static let all: [ReadyTemplate] = [
        .approveTopCreators, .automateProspecting, .celebrateFirstSale, .celebrateTopPerformers,
        .partnerReactivation, .welcomeKickstart,
    ]

    /// Writes the program and its scenario.
    ///
    /// - Parameter given: What was chosen, as written on the command line.
    /// - Returns: The texts of both files.
    /// - Throws: ``ChoiceError`` where something was chosen that the template does not have, or that
    ///   it can't be.
    public func files(_ given: [Parameter: String]) throws(ChoiceError) -> Files {
        for parameter in Parameter.allCases
        where given[parameter] != nil && !choices.contains(where: { $0.parameter == parameter }) {
            let options = choices.map { $0.parameter.option }
            throw ChoiceError(
                message: "\(name) has no \(parameter.option)",
                fix: options.isEmpty
                    ? "leave it out: nothing can be chosen in this one"
                    : "leave it out; here one can choose \(options.joined(separator: " and "))")
        }
        var chosen = Choices()
        for choice in choices {
            try chosen.set(choice, to: given[choice.parameter] ?? choice.standard)
        }
        return make(chosen)
    }
}

/// What an operator can choose in ready templates.
public enum Parameter: String, CaseIterable, Sendable {
    case intervals, amounts, term, tag, link

    /// The option on the command line.
    public var option: String { "--\(rawValue)" }
}

/// Why a choice is not possible.
public struct ChoiceError: Error, Sendable, Equatable {
    /// What is wrong.
    public let message: String
    /// What would be right.
    public let fix: String
}

/// What was chosen, checked.
struct Choices {
    private var numbers: [Parameter: [Int]] = [:]
    private var texts: [Parameter: String] = [:]

    /// The numbers of a parameter that the template has, rising.
    func numbers(_ parameter: Parameter) -> [Int] { numbers[parameter] ?? [] }

    /// The text of a parameter that the template has.
    func text(_ parameter: Parameter) -> String { texts[parameter] ?? "" }

    fileprivate mutating func set(
        _ choice: ReadyTemplate.Choice, to text: String
    ) throws(ChoiceError) {
        let parameter = choice.parameter
        switch parameter {
        case .intervals:
            numbers[parameter] = try Self.rising(text, choice, 1...365, "days")
        case .amounts:
            numbers[parameter] = try Self.rising(text, choice, 1...1_000_000_000, "amounts")
        case .term, .tag:
            let breaks: [Unicode.GeneralCategory] = [
                .control, .lineSeparator, .paragraphSeparator,
            ]
            let isPrintable = text.unicodeScalars.allSatisfy {
                !breaks.contains($0.properties.generalCategory)
            }
            guard (1...255).contains(text.utf8.count), isPrintable else {
                throw ChoiceError(
                    message:
                        "\(parameter.option) must have 1 to 255 bytes, no control characters and no line breaks",
                    fix: "write it as events do")
            }
            texts[parameter] = text
        case .link:
            let marks = "-._~:/?#[]@!$&'()*+,;=%".utf8
            let isPlain = text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (97...122).contains(byte | 0x20) || marks.contains(byte)
            }
            guard text.hasPrefix("https://") || text.hasPrefix("http://"), isPlain else {
                throw ChoiceError(
                    message: "\(parameter.option) is \"\(text)\", which is no address of a page",
                    fix: "write it in full, such as \(choice.standard)")
            }
            texts[parameter] = text
        }
    }

    /// Whole numbers with commas between them, each larger than the one before.
    private static func rising(
        _ text: String, _ choice: ReadyTemplate.Choice, _ range: ClosedRange<Int>, _ what: String
    ) throws(ChoiceError) -> [Int] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }.filter { range.contains($0) }
        let isRising = zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }
        guard numbers.count == parts.count, isRising, choice.counts.contains(numbers.count) else {
            let (least, most) = (choice.counts.lowerBound, choice.counts.upperBound)
            let count = least == most ? "\(least)" : "\(least) to \(most)"
            throw ChoiceError(
                message: "\(choice.parameter.option) is \"\(text)\"",
                fix: "give \(count) rising whole \(what) from \(range.lowerBound) to "
                    + "\(range.upperBound), such as \(choice.standard)")
        }
        return numbers
    }
}
