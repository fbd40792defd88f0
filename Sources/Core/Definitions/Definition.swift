/// A segment, template, workflow, automation, or the program's own settings (SPEC 5).
public enum DefinitionKind: UInt8, CaseIterable, Sendable {
    case program, template, segment, workflow, automation

    /// The word in messages and outputs.
    public var word: String {
        switch self {
        case .program: "program"
        case .template: "template"
        case .segment: "segment"
        case .workflow: "workflow"
        case .automation: "automation"
        }
    }

    /// One of the kind, in messages.
    public var oneOfThem: String { (self == .automation ? "an " : "a ") + word }
}

/// A named set of partners and the condition that makes it (SPEC 4).
public struct Segment: Hashable, Sendable {
    /// Unique among segments; at most 50 characters.
    public var id: Name
    /// What people call it; the id where none is written.
    public var name: String
    /// What it is for; nil where nothing is written.
    public var description: String?
    /// Which partners are in it.
    public var match: Condition

    /// Makes a segment.
    public init(id: Name, name: String, description: String? = nil, match: Condition) {
        self.id = id
        self.name = name
        self.description = description
        self.match = match
    }
}

/// What an email says (SPEC 5); rendered only at delivery.
public struct Template: Hashable, Sendable {
    /// Unique among templates; at most 50 characters.
    public var id: Name
    /// What people call it; the id where none is written.
    public var name: String
    /// What it is for; nil where nothing is written.
    public var description: String?
    /// The subject line, in Mustache.
    public var subject: String
    /// The text part, in Mustache; nil without one.
    public var text: String?
    /// The HTML part, in Mustache; nil without one.
    public var html: String?

    /// Makes a template.
    public init(
        id: Name, name: String, description: String? = nil, subject: String, text: String?,
        html: String?
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.subject = subject
        self.text = text
        self.html = html
    }
}

/// Whether a workflow or automation acts (SPEC 5).
public enum ActivityState: UInt8, CaseIterable, Sendable {
    case draft, active, paused

    /// The word in definitions.
    public var word: String {
        switch self {
        case .draft: "draft"
        case .active: "active"
        case .paused: "paused"
        }
    }
}

/// Something done to a partner (SPEC 5).
public enum Action: Hashable, Sendable {
    case sendEmail(template: Name)
    case addTag(Name)
    case removeTag(Name)
    /// Accepts the contracts that await advertiser approval; with terms, only those under one of them.
    case acceptApplication(terms: [Name]?)

    /// Whether the action is an email.
    public var sendsEmail: Bool {
        if case .sendEmail = self { true } else { false }
    }
}

/// How often a workflow acts on one partner (SPEC 5).
public enum RepeatPolicy: UInt8, CaseIterable, Sendable {
    case never, onReentry

    /// The word in definitions.
    public var word: String {
        switch self {
        case .never: "never"
        case .onReentry: "on_reentry"
        }
    }
}

/// A rule that runs at the top of the hour over a segment (SPEC 5).
public struct Workflow: Hashable, Sendable {
    /// Unique among workflows; at most 50 characters.
    public var id: Name
    /// What people call it; the id where none is written.
    public var name: String
    /// What it is for; nil where nothing is written.
    public var description: String?
    /// The id of the segment whose members it acts on.
    public var segment: Name
    /// What is done to each of them, in order.
    public var actions: [Action]
    /// Whether it acts; only an active one does.
    public var state: ActivityState
    /// Whether a partner who enters the segment again is acted on again.
    public var repeats: RepeatPolicy
    /// The run is blocked when more members than this have an address.
    public var cap: Int

    /// Makes a workflow.
    public init(
        id: Name, name: String, description: String? = nil, segment: Name, actions: [Action],
        state: ActivityState, repeats: RepeatPolicy, cap: Int
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.segment = segment
        self.actions = actions
        self.state = state
        self.repeats = repeats
        self.cap = cap
    }

    /// Whether any action is an email: only then cap and address matter.
    public var sendsEmail: Bool { actions.contains(where: \.sendsEmail) }
}

/// What sets an automation off (SPEC 5).
public enum Trigger: Hashable, Sendable {
    case tagAssigned(Name)
    case segmentEntered(Name)
    case segmentLeft(Name)
}

/// A rule that fires at once, in the same commit as its trigger (SPEC 5).
public struct Automation: Hashable, Sendable {
    /// Unique among automations; at most 50 characters.
    public var id: Name
    /// What people call it; the id where none is written.
    public var name: String
    /// What it is for; nil where nothing is written.
    public var description: String?
    /// What sets it off.
    public var trigger: Trigger
    /// What is done to the trigger's partner, in order.
    public var actions: [Action]
    /// Whether it acts; only an active one does.
    public var state: ActivityState
    /// A trigger later than this, in microseconds, does nothing.
    public var maxAge: Int64

    /// Makes an automation.
    public init(
        id: Name, name: String, description: String? = nil, trigger: Trigger, actions: [Action],
        state: ActivityState, maxAge: Int64
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.trigger = trigger
        self.actions = actions
        self.state = state
        self.maxAge = maxAge
    }
}

/// The program's own settings as definitions carry them (SPEC 5).
public struct ProgramSettings: Hashable, Sendable {
    /// The program's name; nil where nothing is written, else it must be the store's.
    public var name: String?
    /// The time zone's name; nil where nothing is written, else it must be the store's.
    public var timezone: String?
    /// The currency's code; nil where nothing is written, else it must be the store's.
    public var currency: String?
    /// Texts for templates, such as sign-up or tracking links; sorted by name.
    public var constants: [Constant]
    /// What unsubscribe links begin with; the send's id completes them (SPEC 10).
    public var unsubscribeBase: String?

    /// A text that every template sees by its name.
    public struct Constant: Hashable, Sendable {
        /// The name by which templates see it.
        public var name: String
        /// The text itself.
        public var value: String

        /// Makes a constant.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Makes settings.
    public init(
        name: String? = nil, timezone: String? = nil, currency: String? = nil,
        constants: [Constant] = [], unsubscribeBase: String? = nil
    ) {
        self.name = name
        self.timezone = timezone
        self.currency = currency
        self.constants = constants
        self.unsubscribeBase = unsubscribeBase
    }
}

/// Any definition (SPEC 1).
public enum Definition: Hashable, Sendable {
    case program(ProgramSettings)
    case template(Template)
    case segment(Segment)
    case workflow(Workflow)
    case automation(Automation)

    /// What kind of definition it is.
    public var kind: DefinitionKind {
        switch self {
        case .program: .program
        case .template: .template
        case .segment: .segment
        case .workflow: .workflow
        case .automation: .automation
        }
    }

    /// The id; the program's settings have the empty one.
    public var id: Name {
        switch self {
        case .program: ""
        case .template(let template): template.id
        case .segment(let segment): segment.id
        case .workflow(let workflow): workflow.id
        case .automation(let automation): automation.id
        }
    }
}
