/// What `do:` lists (SPEC 5).
enum Action {
    case sendEmail(String)
    case addTag(String)
    case removeTag(String)
    /// Only contracts whose template term is one of these; nil for all.
    case acceptApplication(terms: [String]?)

    init(_ json: JSONValue) {
        if json.text == "accept_application" {
            self = .acceptApplication(terms: nil)
            return
        }
        let (key, value) = json.single
        switch key {
        case "send_email": self = .sendEmail(value.text ?? "")
        case "add_tag": self = .addTag(value.text ?? "")
        case "remove_tag": self = .removeTag(value.text ?? "")
        case "accept_application":
            self = .acceptApplication(terms: value["template_term"]?["any_of"]?.texts)
        default: preconditionFailure("unknown action \(key)")
        }
    }

    var isEmail: Bool {
        if case .sendEmail = self { true } else { false }
    }
}

/// What an automation waits for, and what fires it.
enum Trigger: Hashable {
    case tagAssigned(String)
    case segmentEntered(String)
    case segmentLeft(String)

    init(_ json: JSONValue) {
        let (key, value) = json.single
        let id = value.text ?? ""
        switch key {
        case "tag_assigned": self = .tagAssigned(id)
        case "segment_entered": self = .segmentEntered(id)
        case "segment_left": self = .segmentLeft(id)
        default: preconditionFailure("unknown trigger \(key)")
        }
    }
}

struct Workflow {
    var segment: String
    var isActive: Bool
    var actions: [Action]
    var repeatsOnReentry: Bool
    var cap: Int

    init(_ json: JSONValue) {
        segment = json["segment"]?.text ?? ""
        isActive = json["state"]?.text == "active"
        actions = (json["do"]?.array ?? []).map(Action.init)
        cap = json["cap"]?.int ?? 10_000
        repeatsOnReentry =
            switch json["repeat"]?.text {
            case "never": false
            case "on_reentry": true
            default: !actions.contains(where: \.isEmail)
            }
    }

    var emailCount: Int {
        actions.filter(\.isEmail).count
    }
}

struct Automation {
    var trigger: Trigger
    var isActive: Bool
    var actions: [Action]
    var ageMax: Int64

    init(_ json: JSONValue) {
        trigger = Trigger(json["on"] ?? .null)
        isActive = json["state"]?.text == "active"
        actions = (json["do"]?.array ?? []).map(Action.init)
        ageMax = json["max_age"]?.length ?? 24 * Instants.hour
    }
}

/// All definitions in force, by id.
struct Definitions {
    enum Kind: String, CaseIterable {
        case templates, segments, workflows, automations
    }
    /// A definition's name across all kinds.
    struct Key: Hashable {
        var kind: Kind
        var id: String
    }

    private(set) var sources: [Key: JSONValue] = [:]
    private(set) var versions: [Key: Int] = [:]
    private(set) var segments: [String: Condition] = [:]
    private(set) var workflows: [String: Workflow] = [:]
    private(set) var automations: [String: Automation] = [:]

    /// Segments that were retired, in the order of bytes.
    private(set) var retiredSegments: [String] = []
    private var sortedIDs: [Kind: [String]] = [:]

    /// Every id in the order of bytes.
    func ids(_ kind: Kind) -> [String] {
        sortedIDs[kind] ?? []
    }

    private mutating func sortIDs() {
        for kind in Kind.allCases {
            sortedIDs[kind] = sources.keys.filter { $0.kind == kind }.map(\.id)
                .sorted(by: bytewiseLess)
        }
        retiredSegments = versions.keys.filter { $0.kind == .segments && sources[$0] == nil }
            .map(\.id).sorted(by: bytewiseLess)
    }

    /// The current version of a template, from 1.
    func templateVersion(_ id: String) -> Int {
        versions[Key(kind: .templates, id: id)] ?? 0
    }

    /// All rolling lengths that any segment names.
    var rollingLengths: [Int64] {
        var lengths: [Int64] = []
        for (key, json) in sources where key.kind == .segments { lengths += json.rollingLengths }
        return Array(Set(lengths)).sorted()
    }

    /// Takes in a file.
    ///
    /// - Returns: Whether anything changed.
    mutating func apply(_ file: JSONValue, prune: Bool) -> Bool {
        var named: Set<Key> = []
        var hasChanged = false
        for kind in Kind.allCases {
            for json in file[kind.rawValue]?.array ?? [] {
                guard let id = json["id"]?.text else { preconditionFailure("no id") }
                let key = Key(kind: kind, id: id)
                named.insert(key)
                guard sources[key]?.canonical != json.canonical else { continue }
                hasChanged = true
                sources[key] = json
                versions[key, default: 0] += 1
                switch kind {
                case .templates: break
                case .segments: segments[id] = Condition(json["match"] ?? .null)
                case .workflows: workflows[id] = Workflow(json)
                case .automations: automations[id] = Automation(json)
                }
            }
        }
        for key in Array(sources.keys) where prune && !named.contains(key) {
            hasChanged = true
            sources[key] = nil
            switch key.kind {
            case .templates: break
            case .segments: segments[key.id] = nil
            case .workflows: workflows[key.id] = nil
            case .automations: automations[key.id] = nil
            }
        }
        sortIDs()
        return hasChanged
    }
}
