import Core

/// A text test with its texts interned or case-folded.
struct TextMatcher {
    private enum Form {
        case anyOf([TextID])
        case contains([UInt8])
        case startsWith([UInt8])
        case endsWith([UInt8])
    }

    private let form: Form

    init(_ test: TextTest, texts: inout TextTable) {
        switch test {
        case .anyOf(let names): form = .anyOf(names.map { texts.intern($0) })
        case .contains(let part): form = .contains(Self.folded(part))
        case .startsWith(let part): form = .startsWith(Self.folded(part))
        case .endsWith(let part): form = .endsWith(Self.folded(part))
        }
    }

    func matches(_ text: TextID, in texts: TextTable) -> Bool {
        switch form {
        case .anyOf(let list): list.contains(text)
        case .contains(let part): Self.contains(Self.folded(texts.name(text)), part)
        case .startsWith(let part): Self.folded(texts.name(text)).starts(with: part)
        case .endsWith(let part):
            Self.folded(texts.name(text)).reversed().starts(with: part.reversed())
        }
    }

    private static func folded(_ name: Name) -> [UInt8] { CaseFolding.fold(name.bytes) }

    private static func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { start in
            text[start..<(start + part.count)].elementsEqual(part)
        }
    }
}

/// A test on an attribute's or property's value, its texts interned.
struct ValueMatcher {
    private enum Form {
        case anyOf([Value])
        case text(TextMatcher)
        case number(NumberComparison)
        case exists
        case date(DateCondition)
    }

    private let form: Form
    /// Whether the verdict can change with time alone.
    let dependsOnTime: Bool

    init(_ test: AttributeTest, texts: inout TextTable) {
        var dependsOnTime = false
        switch test {
        case .anyOf(let values):
            form = .anyOf(
                values.map { constant in
                    switch constant {
                    case .text(let name): .text(texts.intern(name))
                    case .number(let number): .number(number)
                    case .flag(let flag): .flag(flag)
                    }
                })
        case .text(let test): form = .text(TextMatcher(test, texts: &texts))
        case .number(let comparison): form = .number(comparison)
        case .exists: form = .exists
        case .date(let condition):
            form = .date(condition)
            dependsOnTime = condition.dependsOnTime
        }
        self.dependsOnTime = dependsOnTime
    }

    func truth(of value: Value?, in texts: TextTable, at time: EvaluationTime) -> Truth {
        guard let value else { return .no }
        switch (form, value) {
        case (.anyOf(let list), _): return .always(list.contains(value))
        case (.text(let matcher), .text(let text)):
            return .always(matcher.matches(text, in: texts))
        case (.number(let comparison), .number(let number)):
            return .always(comparison.holds(for: number))
        case (.exists, _): return .always(true)
        case (.date(let condition), .text(let text)):
            guard let moment = WrittenMoment(texts.name(text).bytes, zone: time.zone) else {
                return .no
            }
            return time.truth(of: condition, for: moment.instant)
        default: return .no
        }
    }
}

extension DateCondition {
    /// Whether the verdict on one and the same date can change with time alone.
    var dependsOnTime: Bool {
        switch self {
        case .dates, .isSet: false
        default: true
        }
    }
}
