import Core

/// A measure, kept by local day or, for rolling windows, by instant.
struct MeasureKey: Hashable {
    var measure: Measure
    var byInstant: Bool
}

/// Which series of a partner's holds which measure.
///
/// Only measures that some leaf looks at are kept, and those of money, actions and clicks by day,
/// which nearly every program uses. A slot's number is not given away again: what a dropped measure
/// left behind can't be mistaken for another's.
struct MeasureSlots {
    /// A measure in use.
    struct Entry {
        var key: MeasureKey
        var custom: CustomMatcher?
    }

    /// In order of slots; nil where the measure is no longer looked at.
    private(set) var entries: [Entry?] = []
    private var slots: [MeasureKey: Int] = [:]
    private var used: Set<Int> = []

    static let basic: [Measure] = [.revenue, .actions, .clicks]

    init(texts: inout TextTable) {
        for measure in Self.basic {
            _ = slot(for: MeasureKey(measure: measure, byInstant: false), texts: &texts)
        }
    }

    mutating func slot(for key: MeasureKey, texts: inout TextTable) -> Int {
        if let slot = slots[key] {
            used.insert(slot)
            return slot
        }
        var custom: CustomMatcher?
        if case .custom(let name, let tests) = key.measure {
            custom = CustomMatcher(name: name, tests: tests, texts: &texts)
        }
        if case .email(_, .some(let source)) = key.measure { _ = texts.intern(source) }
        entries.append(Entry(key: key, custom: custom))
        slots[key] = entries.count - 1
        used.insert(entries.count - 1)
        return entries.count - 1
    }

    /// Begins a new compilation, in which every measure still looked at asks for its slot again.
    mutating func beginUse() {
        used = Set(Self.basic.indices)
    }

    /// Ends a compilation: measures that nobody asked for are dropped.
    mutating func endUse() {
        for slot in entries.indices where !used.contains(slot) {
            if let entry = entries[slot] { slots[entry.key] = nil }
            entries[slot] = nil
        }
    }
}

/// A custom event's name and the tests on its properties, interned.
struct CustomMatcher {
    let name: TextID
    private let tests: [(name: TextID, matcher: ValueMatcher, isNegated: Bool)]

    init(name: Name, tests: [PropertyTest], texts: inout TextTable) {
        self.name = texts.intern(name)
        self.tests = tests.map { test in
            (
                texts.intern(test.name), ValueMatcher(test.test, texts: &texts),
                test.isNegated
            )
        }
    }

    func matches(
        _ eventName: TextID, _ properties: [NamedValue], texts: TextTable, at time: EvaluationTime
    ) -> Bool {
        guard eventName == name else { return false }
        return tests.allSatisfy { test in
            let value = properties.first { $0.name == test.name }?.value
            return test.matcher.truth(of: value, in: texts, at: time).value != test.isNegated
        }
    }
}
