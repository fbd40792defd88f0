extension Example {
    /// All worked examples but the large ones.
    public static let all: [Example] = [
        reactivation, firstAction, highRevenue, dormant, targets, prospecting, tagAutomations,
        engagement, oneResult, mailedTogether, mailedLate, dueTogether, ordersOrCart,
        springForward, fallBack, midnightTwice, skippedDay, smallCap, reentry,
    ]

    /// Ten, twenty and forty quiet days after joining.
    public static let reactivation: Example = {
        let joined = #"{"relationship_stage":{"any_of":["joined"]}}"#
        let days = [10, 20, 40]
        return Example(
            name: "Reactivation at exactly 10, 20 and 40 days after joining",
            timezone: "America/New_York",
            definitionsJSON: definitions(
                templates: ["hello"],
                segments: days.map { n in
                    segment(
                        "quiet-\(n)",
                        joined,
                        #"{"revenue":{"over":{"last_days":\#(n)},"equals":0}}"#,
                        #"{"last_transition":{"days_ago":\#(n)}}"#,
                        #"{"original_joined":{"days_ago":\#(n)}}"#
                    )
                },
                workflows: days.map { workflow("reactivate-\($0)", "quiet-\($0)", email("hello")) }
            ),
            parts: [
                .address("2026-03-01T15:00:00Z", "p1"),
                .address("2026-03-01T15:00:00Z", "p2"),
                .address("2026-03-01T15:00:00Z", "p3"),
                .address("2026-03-01T15:00:00Z", "p4"),
                .address("2026-03-01T15:00:00Z", "p6"),
                .event("2026-03-01T15:00:00Z", "partner.joined", "p1"),
                .event("2026-03-01T15:00:00Z", "partner.joined", "p2"),
                .event("2026-03-01T15:00:00Z", "partner.joined", "p3"),
                // p5 has no address: a member that gets nothing.
                .event("2026-03-01T15:00:00Z", "partner.joined", "p5"),
                .event("2026-03-01T15:00:00Z", "partner.joined", "p6"),
                // A sale on the joining day is activity: day D-10 is in the last 10 days.
                .sale("2026-03-01T16:00:00Z", "p2", "5"),
                // 23:30 in New York, still 1 March.
                .event("2026-03-02T04:30:00Z", "partner.joined", "p4"),
                // p6 joins twice: its last transition is not its original joining.
                .event(
                    "2026-03-05T12:00:00Z",
                    "relationship.changed",
                    "p6",
                    #""stage":"suspended""#
                ),
                .event("2026-03-06T12:00:00Z", "partner.joined", "p6"),
                // Ten days after 1 March is 11 March; summer time began on 8 March, so that day
                // begins at 04:00Z.
                .advance("2026-03-11T03:59:59.999999Z"), .members("quiet-10", []),
                .advance("2026-03-11T04:00:00Z"), .members("quiet-10", ["p1", "p3", "p4", "p5"]),
                .advance("2026-03-12T03:59:59.999999Z"),
                .members("quiet-10", ["p1", "p3", "p4", "p5"]),
                .advance("2026-03-12T04:00:00Z"), .members("quiet-10", []),
                .sale("2026-03-15T12:00:00Z", "p3", "5"),
                .advance("2026-03-21T04:00:00Z"), .members("quiet-20", ["p1", "p4", "p5"]),
                // 1 March + 40 days = 10 April.
                .advance("2026-04-10T04:00:00Z"), .members("quiet-40", ["p1", "p4", "p5"]),
                .advance("2026-05-01T00:00:00Z"), .members("quiet-40", []),
            ],
            sends: [
                ExpectedSend("reactivate-10", "p1", at: "2026-03-11T04:00:00Z"),
                ExpectedSend("reactivate-10", "p3", at: "2026-03-11T04:00:00Z"),
                ExpectedSend("reactivate-10", "p4", at: "2026-03-11T04:00:00Z"),
                ExpectedSend("reactivate-20", "p1", at: "2026-03-21T04:00:00Z"),
                ExpectedSend("reactivate-20", "p4", at: "2026-03-21T04:00:00Z"),
                ExpectedSend("reactivate-40", "p1", at: "2026-04-10T04:00:00Z"),
                ExpectedSend("reactivate-40", "p4", at: "2026-04-10T04:00:00Z"),
            ]
        )
    }()

    /// The first action in the first month, or in the second.
    public static let firstAction: Example = {
        let joined = #"{"contract_stage":{"any_of":["joined"]}}"#
        func revenue(_ from: Int, _ to: Int, _ comparison: String) -> String {
            let window = #"{"days_after_joining":{"from":\#(from),"to":\#(to)}}"#
            return #"{"revenue":{"over":\#(window),"\#(comparison)":0}}"#
        }
        return Example(
            name: "First action within 0-30 days and within 31-60",
            timezone: "Europe/Berlin",
            definitionsJSON: definitions(
                templates: ["well-done"],
                segments: [
                    segment(
                        "first-30",
                        joined,
                        #"{"original_joined":{"days_ago":{"from":0,"to":30}}}"#,
                        #"{"revenue":{"over":{"days_ago":{"from":0,"to":30}},"greater_than":0}}"#
                    ),
                    segment(
                        "first-60",
                        joined,
                        #"{"original_joined":{"days_ago":{"from":31,"to":60}}}"#,
                        revenue(0, 30, "equals"),
                        revenue(31, 60, "greater_than")
                    ),
                ],
                workflows: [
                    workflow("celebrate-30", "first-30", email("well-done")),
                    workflow("celebrate-60", "first-60", email("well-done")),
                ]
            ),
            parts: [
                .address("2026-01-10T09:00:00Z", "p1"), .address("2026-01-10T09:00:00Z", "p2"),
                .address("2026-01-10T09:00:00Z", "p3"), .address("2026-01-10T09:00:00Z", "p4"),
                .event("2026-01-10T09:00:00Z", "partner.joined", "p1"),
                .event("2026-01-10T09:00:00Z", "partner.joined", "p2"),
                .event("2026-01-10T09:00:00Z", "partner.joined", "p3"),
                .event("2026-01-10T09:00:00Z", "partner.joined", "p4"),
                .event("2026-01-10T10:00:00Z", "contract.changed", "p4", #""stage":"expired""#),
                .sale("2026-01-12T10:30:00Z", "p1", "0.01"),
                .sale("2026-01-12T10:30:00Z", "p4", "7"),
                .members("first-30", ["p1"]),
                // One second before midnight of day 31 (10 January + 31 days = 10 February); at
                // midnight, 23:00Z, p2 has left before the run chooses.
                .sale("2026-02-09T22:59:59Z", "p2", "7"), .members("first-30", ["p1", "p2"]),
                // At midnight itself: the boundary's run comes before the event.
                .sale("2026-02-09T23:00:00Z", "p3", "7"), .members("first-30", []),
                .members("first-60", ["p3"]),
                // Day 60 is 11 March; 12 March begins at 23:00Z.
                .advance("2026-03-11T22:59:59Z"), .members("first-60", ["p3"]),
                .advance("2026-03-11T23:00:00Z"), .members("first-60", []),
            ],
            sends: [
                ExpectedSend("celebrate-30", "p1", at: "2026-01-12T11:00:00Z"),
                ExpectedSend("celebrate-60", "p3", at: "2026-02-10T00:00:00Z"),
            ]
        )
    }()

    /// Much now and much before.
    public static let highRevenue = Example(
        name: "High revenue in two windows, at +05:45",
        timezone: "Asia/Kathmandu",
        definitionsJSON: definitions(
            templates: ["thanks"],
            segments: [
                segment(
                    "steady",
                    #"{"revenue":{"over":{"last_days":30},"at_least":500}}"#,
                    #"{"revenue":{"over":{"days_ago":{"from":31,"to":60}},"at_least":1000}}"#
                )
            ],
            workflows: [workflow("thank", "steady", email("thanks"))]
        ),
        parts: [
            .address("2026-01-05T06:15:00Z", "p1"),
            .sale("2026-01-05T06:15:00Z", "p1", "1000"),
            .sale("2026-02-01T06:15:00Z", "p1", "0.1"),
            .sale("2026-02-01T06:15:00Z", "p1", "499.9"),
            // 5 January is 31 days ago on 5 February, which begins at 18:15Z the day before; that
            // is a top of the local hour.
            .advance("2026-02-04T18:14:59.999999Z"), .members("steady", []),
            .advance("2026-02-04T18:15:00Z"), .members("steady", ["p1"]),
            // 1 February is 30 days ago until 3 March's end.
            .advance("2026-03-03T18:14:59.999999Z"), .members("steady", ["p1"]),
            .advance("2026-03-03T18:15:00Z"), .members("steady", []),
        ],
        sends: [ExpectedSend("thank", "p1", at: "2026-02-04T18:15:00Z")]
    )

    /// Joined 45 days ago, nothing in 30.
    public static let dormant = Example(
        name: "Dormant: joined exactly 45 days ago and nothing in 30 days",
        timezone: "UTC",
        definitionsJSON: definitions(
            templates: ["wake"],
            segments: [
                segment(
                    "dormant",
                    #"{"original_joined":{"days_ago":45}}"#,
                    #"{"actions":{"over":{"last_days":30},"equals":0}}"#
                )
            ],
            workflows: [workflow("wake-up", "dormant", email("wake"))]
        ),
        parts: [
            .address("2026-01-01T08:00:00Z", "p1"), .address("2026-01-01T08:00:00Z", "p2"),
            .address("2026-01-01T08:00:00Z", "p3"),
            .event("2026-01-01T08:00:00Z", "partner.joined", "p1"),
            .event("2026-01-01T08:00:00Z", "partner.joined", "p2"),
            .event("2026-01-01T08:00:00Z", "partner.joined", "p3"),
            // On 15 February the last 30 days begin on 16 January.
            .sale("2026-01-15T23:59:59.999999Z", "p1", "9"),
            .sale("2026-01-16T00:00:00Z", "p2", "9"),
            .sale("2026-01-20T12:00:00Z", "p3", "9"),
            // Taken back on the day of the action.
            .event(
                "2026-02-10T12:00:00Z",
                "action.reversed",
                "p3",
                #""amount":9,"original_time":"2026-01-20T12:00:00Z""#
            ),
            // 1 January + 45 days.
            .advance("2026-02-15T00:00:00Z"), .members("dormant", ["p1", "p3"]),
            .advance("2026-02-16T00:00:00Z"), .members("dormant", []),
        ],
        sends: [
            ExpectedSend("wake-up", "p1", at: "2026-02-15T00:00:00Z"),
            ExpectedSend("wake-up", "p3", at: "2026-02-15T00:00:00Z"),
        ]
    )

    /// Two targets.
    public static let targets = Example(
        name: "Targets of 1,000 in 30 days and 10,000 in 60, both to one partner",
        timezone: "America/New_York",
        definitionsJSON: definitions(
            templates: ["top"],
            segments: [
                segment("s-1000", #"{"revenue":{"over":{"last_days":30},"at_least":1000}}"#),
                segment("s-10000", #"{"revenue":{"over":{"last_days":60},"at_least":10000}}"#),
            ],
            workflows: [
                workflow("top-10000", "s-10000", email("top")),
                workflow("top-1000", "s-1000", email("top")),
            ]
        ),
        parts: [
            .address("2026-05-01T12:00:00Z", "p1"), .address("2026-05-01T12:00:00Z", "p2"),
            .address("2026-05-01T12:00:00Z", "p3"),
            .sale("2026-05-01T12:10:00Z", "p1", "10000"),
            .sale("2026-05-01T12:10:00Z", "p2", "999.999999"),
            .sale("2026-05-01T12:20:00Z", "p2", "0.000001"),
            .sale("2026-05-01T12:10:00Z", "p3", "1000"), .members("s-1000", ["p1", "p2", "p3"]),
            .event("2026-05-01T12:30:00Z", "action.reversed", "p3", #""amount":"1000.00""#),
            .members("s-1000", ["p1", "p2"]), .members("s-10000", ["p1"]),
            .advance("2026-05-03T00:00:00Z"),
        ],
        sends: [
            ExpectedSend("top-1000", "p1", at: "2026-05-01T13:00:00Z"),
            ExpectedSend("top-1000", "p2", at: "2026-05-01T13:00:00Z"),
            ExpectedSend("top-10000", "p1", at: "2026-05-01T13:00:00Z"),
        ]
    )

    /// From the first invitation to the welcome.
    public static let prospecting: Example = {
        func stage(_ stage: String) -> String { #"{"prospecting_stage":{"any_of":["\#(stage)"]}}"# }
        func since(_ days: Int) -> String { #"{"last_transition":{"days_ago":\#(days)}}"# }
        let waiting = """
            {"contract_with":{"stage":{"any_of":["awaiting_advertiser_approval"]},\
            "template_term":{"any_of":["Premium"]}}}
            """
        return Example(
            name: "Prospecting: invitation, follow-ups, acceptance and welcome",
            timezone: "America/New_York",
            definitionsJSON: definitions(
                templates: ["invite", "follow", "welcome"],
                segments: [
                    segment("fresh", stage("new"), #"{"last_transition":{"last_days":1}}"#),
                    segment("out-7", stage("outreach"), since(7)),
                    segment("out-14", stage("outreach"), since(14)),
                    segment("waiting", waiting), segment("joined", stage("joined")),
                ],
                workflows: [
                    workflow("invite", "fresh", email("invite")),
                    workflow("follow-7", "out-7", email("follow")),
                    workflow("follow-14", "out-14", email("follow")),
                    workflow(
                        "accept",
                        "waiting",
                        #"{"accept_application":{"template_term":{"any_of":["Premium"]}}}"#
                    ),
                ],
                automations: [
                    automation("welcome", #""segment_entered":"joined""#, email("welcome"))
                ]
            ),
            parts: [
                .address("2026-06-01T14:20:00Z", "p1"),
                .event("2026-06-01T14:20:00Z", "relationship.changed", "p1", #""stage":"new""#),
                .event("2026-06-01T14:20:00Z", "relationship.changed", "p3", #""stage":"new""#),
                .event("2026-06-01T14:20:00Z", "relationship.changed", "p4", #""stage":"new""#),
                .event(
                    "2026-06-02T14:00:00Z",
                    "relationship.changed",
                    "p1",
                    #""stage":"outreach""#
                ),
                // An address on the next day is early enough (last_days: 1), a day later is not.
                .address("2026-06-02T20:30:00Z", "p3"), .members("fresh", ["p3", "p4"]),
                .address("2026-06-03T12:00:00Z", "p4"), .members("fresh", []),
                // Outreach since 2 June; 9 and 16 June begin at 04:00Z.
                .advance("2026-06-09T04:00:00Z"), .members("out-7", ["p1"]),
                .advance("2026-06-16T04:00:00Z"), .members("out-14", ["p1"]),
                .event(
                    "2026-06-17T12:10:00Z",
                    "application.submitted",
                    "p1",
                    #""template_term":"Premium""#
                ),
                .event(
                    "2026-06-17T12:10:00Z",
                    "application.submitted",
                    "p1",
                    #""contract":"second","template_term":"Basic""#
                ),
                .event(
                    "2026-06-17T12:10:00Z",
                    "application.submitted",
                    "p3",
                    #""template_term":"Basic""#
                ),
                .members("waiting", ["p1"]),
                .advance("2026-06-17T13:00:00Z"), .members("waiting", []),
                .members("joined", ["p1"]), .advance("2026-06-30T00:00:00Z"),
            ],
            sends: [
                ExpectedSend("invite", "p1", at: "2026-06-01T15:00:00Z"),
                ExpectedSend("invite", "p3", at: "2026-06-02T21:00:00Z"),
                ExpectedSend("follow-7", "p1", at: "2026-06-09T04:00:00Z"),
                ExpectedSend("follow-14", "p1", at: "2026-06-16T04:00:00Z"),
                ExpectedSend("welcome", "p1", at: "2026-06-17T13:00:00Z"),
            ],
            derived: [
                Derived(
                    type: "partner.joined",
                    partner: "p1",
                    contract: "default",
                    time: Instants.parse("2026-06-17T13:00:00Z") ?? 0,
                    depth: 1
                )
            ]
        )
    }()

    /// Every assignment fires.
    public static let tagAutomations = Example(
        name: "Tag automations, assigned again, late and in a chain",
        timezone: "America/New_York",
        definitionsJSON: definitions(
            templates: ["vip"],
            segments: [],
            automations: [
                automation("vip-welcome", #""tag_assigned":"vip""#, email("vip")),
                automation("promote", #""tag_assigned":"gold""#, #"{"add_tag":"vip"}"#),
            ]
        ),
        parts: [
            .address("2026-04-01T12:00:00Z", "p1"),
            .event("2026-04-01T12:00:00.5Z", "tag.assigned", "p1", #""tag":"vip""#),
            .event("2026-04-01T12:01:00Z", "tag.assigned", "p1", #""tag":"vip""#),
            .event("2026-04-01T12:01:00Z", "tag.assigned", "p1", #""tag":"VIP""#),
            .event("2026-04-01T12:02:00Z", "tag.assigned", "p1", #""tag":"gold""#),
            .event("2026-04-01T12:02:00Z", "tag.assigned", "p2", #""tag":"vip""#),
            .event("2026-04-01T12:03:00Z", "email.unsubscribed", "p1"),
            // A hard bounce covers the unsubscription, which holds again under a new address.
            .event("2026-04-01T12:04:00Z", "email.bounced", "p1"),
            .event("2026-04-01T12:05:00Z", "tag.assigned", "p1", #""tag":"vip""#),
            .event("2026-04-01T12:06:00Z", "partner.updated", "p1", #""email":"b@example.com""#),
            .event("2026-04-01T12:07:00Z", "tag.assigned", "p1", #""tag":"vip""#),
            .event("2026-04-01T12:08:00Z", "email.resubscribed", "p1"),
            // Exactly 24 hours late is in time; a microsecond more is not.
            .event("2026-03-31T12:08:00Z", "tag.assigned", "p1", #""tag":"vip""#),
            .event("2026-03-31T12:07:59.999999Z", "tag.assigned", "p1", #""tag":"vip""#),
            .event("2026-03-31T12:07:59.999999Z", "tag.assigned", "p1", #""tag":"gold""#),
        ],
        sends: [
            ExpectedSend("vip-welcome", "p1", at: "2026-04-01T12:00:00.5Z"),
            ExpectedSend("vip-welcome", "p1", at: "2026-04-01T12:01:00Z"),
            ExpectedSend("vip-welcome", "p1", at: "2026-04-01T12:02:00Z"),
            ExpectedSend("vip-welcome", "p2", at: "2026-04-01T12:02:00Z", reason: "no_address"),
            ExpectedSend("vip-welcome", "p1", at: "2026-04-01T12:05:00Z", reason: "bounced"),
            ExpectedSend("vip-welcome", "p1", at: "2026-04-01T12:07:00Z", reason: "unsubscribed"),
            ExpectedSend("vip-welcome", "p1", at: "2026-04-01T12:08:00Z"),
            ExpectedSend("vip-welcome", "p1", at: "2026-04-01T12:08:00Z", reason: "stale_trigger"),
        ],
        derived: [
            Derived(
                type: "tag.assigned",
                partner: "p1",
                tag: "vip",
                time: Instants.parse("2026-04-01T12:02:00Z") ?? 0,
                depth: 1
            )
        ]
    )

    /// Delivered in April, never opened in April.
    public static let engagement: Example = {
        let april = #""over":{"between":["2026-04-01","2026-04-30"]}"#
        return Example(
            name: "Engagement: mail delivered between two dates and none opened",
            timezone: "Europe/Berlin",
            definitionsJSON: definitions(segments: [
                segment(
                    "silent",
                    #"{"email":{"activity":"delivered",\#(april)}}"#,
                    #"{"email":{"activity":"opened",\#(april),"equals":0}}"#
                )
            ]),
            parts: [
                // 1 April begins at 22:00Z the day before, in summer time.
                .event("2026-03-31T21:59:59.999999Z", "email.delivered", "p1"),
                .event("2026-03-31T22:00:00Z", "email.delivered", "p2"),
                .event("2026-04-10T12:00:00Z", "email.delivered", "p3"),
                .event("2026-04-10T12:00:00Z", "email.delivered", "p4"),
                .members("silent", ["p2", "p3", "p4"]),
                // 30 April ends at 22:00Z.
                .event("2026-04-30T21:59:59.999999Z", "email.opened", "p3"),
                .event("2026-04-30T22:00:00Z", "email.opened", "p4"),
                .event("2026-04-30T22:00:00Z", "email.delivered", "p5"),
                .members("silent", ["p2", "p4"]),
            ]
        )
    }()

    /// What is said of one mail several times counts once, when it first happened (SPEC 10).
    public static let oneResult = Example(
        name: "One result per send and activity, the earliest",
        timezone: "UTC",
        definitionsJSON: definitions(segments: [
            segment("on-first", #"{"email":{"activity":"opened","over":{"on":"2026-03-01"}}}"#),
            segment("on-second", #"{"email":{"activity":"opened","over":{"on":"2026-03-02"}}}"#),
            segment("twice", #"{"email":{"activity":"opened","at_least":2}}"#),
        ]),
        parts: [
            .event("2026-03-02T12:00:00Z", "email.opened", "p1", #""send":"s1""#),
            .event("2026-03-02T12:00:00Z", "email.opened", "p2", #""send":"s1""#),
            .members("on-second", ["p1", "p2"]),
            // Late, and earlier than what was known: the opening was on the first.
            .event("2026-03-01T12:00:00Z", "email.opened", "p1", #""send":"s1""#),
            .event("2026-03-03T12:00:00Z", "email.opened", "p2", #""send":"s1""#),
            .members("on-first", ["p1"]),
            .members("on-second", ["p2"]),
            .members("twice", []),
            .event("2026-03-03T12:00:00Z", "email.opened", "p2", #""send":"s2""#),
            .members("twice", ["p2"]),
        ]
    )

    /// Who was mailed by the workflows of one hour is evaluated again in the order of partners (SPEC 3), whichever
    /// workflow came first.
    public static let mailedTogether = Example(
        name: "Partners mailed at one hour are evaluated again in the order of their first events",
        timezone: "UTC",
        definitionsJSON: definitions(
            templates: ["hello"],
            segments: [
                segment("in-a", #"{"tag":{"any_of":["a"]}}"#),
                segment("in-b", #"{"tag":{"any_of":["b"]}}"#),
                segment("mailed", #"{"email":{"activity":"sent"}}"#),
            ],
            workflows: [
                workflow("w-1", "in-a", email("hello")), workflow("w-2", "in-b", email("hello")),
            ],
            automations: [
                automation("note", #""segment_entered":"mailed""#, #"{"add_tag":"noted"}"#)
            ]
        ),
        parts: [
            .address("2026-03-01T12:00:00Z", "p1"),
            .address("2026-03-01T12:00:00Z", "p2"),
            .event("2026-03-01T12:10:00Z", "tag.assigned", "p1", #""tag":"b""#),
            .event("2026-03-01T12:10:00Z", "tag.assigned", "p2", #""tag":"a""#),
            .advance("2026-03-01T13:00:00Z"),
        ],
        sends: [
            ExpectedSend("w-1", "p2", at: "2026-03-01T13:00:00Z"),
            ExpectedSend("w-2", "p1", at: "2026-03-01T13:00:00Z"),
        ],
        derived: ["p1", "p2"].map { partner in
            Derived(
                type: "tag.assigned",
                partner: partner,
                tag: "noted",
                time: Instants.parse("2026-03-01T13:00:00Z") ?? 0,
                depth: 2
            )
        }
    )

    /// A send counts from its decision on (SPEC 3): what it sets off is not late (SPEC 5), however late the event
    /// was that the send came of.
    public static let mailedLate = Example(
        name: "What a late event's send sets off is as fresh as the send",
        timezone: "UTC",
        definitionsJSON: definitions(
            templates: ["hello"],
            segments: [segment("mailed", #"{"email":{"activity":"sent"}}"#)],
            automations: [
                #"{"id":"late","on":{"tag_assigned":"a"},"do":[{"send_email":"hello"}],"max_age":{"days":30},"state":"active"}"#,
                automation("note", #""segment_entered":"mailed""#, #"{"add_tag":"noted"}"#),
            ]
        ),
        parts: [
            .address("2026-03-03T12:00:00Z", "p1"),
            .event("2026-03-01T12:00:00Z", "tag.assigned", "p1", #""tag":"a""#),
        ],
        sends: [ExpectedSend("late", "p1", at: "2026-03-03T12:00:00Z")],
        derived: [
            Derived(
                type: "tag.assigned",
                partner: "p1",
                tag: "noted",
                time: Instants.parse("2026-03-03T12:00:00Z") ?? 0,
                depth: 2
            )
        ]
    )

    /// What one boundary sets off comes in the order of partners (SPEC 3), whoever became due first.
    public static let dueTogether = Example(
        name: "Partners who leave at one instant do so in the order of their first events",
        timezone: "UTC",
        definitionsJSON: definitions(
            segments: [
                segment("hours", #"{"tagged":{"tag":"short","within":{"hours":4}}}"#),
                segment("day", #"{"tagged":{"tag":"long","within":{"days":1}}}"#),
            ],
            automations: ["hours", "day"].map { id in
                automation("after-\(id)", #""segment_left":"\#(id)""#, #"{"add_tag":"done"}"#)
            }
        ),
        parts: [
            .event("2026-03-01T00:00:00Z", "click.recorded", "p1"),
            .event("2026-03-01T06:00:00Z", "tag.assigned", "p3", #""tag":"long""#),
            .event("2026-03-01T12:00:00Z", "tag.assigned", "p2", #""tag":"long""#),
            // When this comes, p2 has been due at the same instant for long, and the day has begun.
            .event("2026-03-02T08:00:00Z", "tag.assigned", "p1", #""tag":"short""#),
            .members("hours", ["p1"]),
            .members("day", ["p2"]),
            .advance("2026-03-02T12:00:00Z"),
            .members("hours", []),
            .members("day", []),
        ],
        derived: [("p3", "06"), ("p1", "12"), ("p2", "12")].map { partner, hour in
            Derived(
                type: "tag.assigned",
                partner: partner,
                tag: "done",
                time: Instants.parse("2026-03-02T\(hour):00:00Z") ?? 0,
                depth: 1
            )
        }
    )

    /// Calendar months, held at a month's end.
    public static let ordersOrCart = Example(
        name: "Orders in the last 6 months or a cart in the last month, in a group",
        timezone: "UTC",
        definitionsJSON: definitions(segments: [
            segment(
                "shoppers",
                #"{"group":{"any_of":["shops"]}}"#,
                """
                {"any":[{"actions":{"over":{"last_months":6},"at_least":1}},\
                {"event":{"name":"cart","where":[{"name":"total","at_least":100}],\
                "over":{"last_months":1}}}]}
                """
            )
        ]),
        parts: [
            .sale("2025-08-31T12:00:00Z", "p1", "1"), .sale("2025-08-31T12:00:00Z", "p3", "1"),
            .event("2025-09-01T12:00:00Z", "group.joined", "p1", #""group":"shops""#),
            .event("2025-09-01T12:00:00Z", "group.joined", "p2", #""group":"shops""#),
            .event("2025-09-01T12:00:00Z", "group.joined", "p4", #""group":"shops""#),
            .members("shoppers", ["p1"]),
            .event(
                "2026-01-31T12:00:00Z",
                "custom.recorded",
                "p2",
                #""name":"cart","properties":{"total":100.00}"#
            ),
            .event(
                "2026-01-31T12:00:00Z",
                "custom.recorded",
                "p4",
                #""name":"cart","properties":{"total":"100.00"}"#
            ),
            .members("shoppers", ["p1", "p2"]),
            // 28 February less 6 months is 28 August, less one 28 January; on 1 March it is
            // 1 September and 1 February.
            .advance("2026-02-28T23:59:59.999999Z"), .members("shoppers", ["p1", "p2"]),
            .advance("2026-03-01T00:00:00Z"), .members("shoppers", []),
        ]
    )

    private static let dayAndRolling = definitions(segments: [
        segment("rolling", #"{"tagged":{"tag":"vip","within":{"days":1}}}"#),
        segment("yesterday", #"{"tagged":{"tag":"vip","days_ago":1}}"#),
    ])

    /// A day of 23 hours.
    public static let springForward = Example(
        name: "Into summer time: rolling and calendar days differ",
        timezone: "America/New_York",
        definitionsJSON: dayAndRolling,
        parts: [
            // Noon in winter time on 8 March 2025; the clock goes forward at 07:00Z on 9 March.
            .event("2025-03-08T17:00:00Z", "tag.assigned", "p1", #""tag":"vip""#),
            .members("rolling", ["p1"]), .members("yesterday", []),
            .advance("2025-03-09T04:59:59.999999Z"), .members("yesterday", []),
            .advance("2025-03-09T05:00:00Z"), .members("yesterday", ["p1"]),
            // 24 hours later the local clock shows 13:00.
            .advance("2025-03-09T16:59:59.999999Z"), .members("rolling", ["p1"]),
            .advance("2025-03-09T17:00:00Z"), .members("rolling", []),
            // The day had 23 hours.
            .advance("2025-03-10T03:59:59.999999Z"), .members("yesterday", ["p1"]),
            .advance("2025-03-10T04:00:00Z"), .members("yesterday", []),
        ]
    )

    /// A day of 25 hours.
    public static let fallBack = Example(
        name: "Out of summer time: a day of 25 hours",
        timezone: "America/New_York",
        definitionsJSON: dayAndRolling,
        parts: [
            // Noon in summer time on 1 November 2025; the clock goes back at 06:00Z on the 2nd.
            .event("2025-11-01T16:00:00Z", "tag.assigned", "p1", #""tag":"vip""#),
            .advance("2025-11-02T03:59:59.999999Z"), .members("yesterday", []),
            .advance("2025-11-02T04:00:00Z"), .members("yesterday", ["p1"]),
            .advance("2025-11-02T16:00:00Z"), .members("rolling", []),
            .advance("2025-11-03T04:59:59.999999Z"), .members("yesterday", ["p1"]),
            .advance("2025-11-03T05:00:00Z"), .members("yesterday", []),
        ]
    )

    /// A clock put back over midnight.
    public static let midnightTwice = Example(
        name: "A clock put back over midnight does not bring the old day back",
        timezone: "America/St_Johns",
        definitionsJSON: definitions(
            templates: ["t"],
            segments: [
                segment("yesterday", #"{"tagged":{"tag":"vip","days_ago":1}}"#),
                segment("sold", #"{"actions":{"over":"today","at_least":1}}"#),
            ],
            workflows: [workflow("w", "sold", email("t"))]
        ),
        parts: [
            .address("2010-11-06T15:00:00Z", "p1"),
            .event("2010-11-06T15:00:00Z", "tag.assigned", "p1", #""tag":"vip""#),
            // 7 November 2010 begins at 02:30Z; at 02:31Z the clock went from 00:01 to 23:01.
            .advance("2010-11-07T02:29:59.999999Z"), .members("yesterday", []),
            .advance("2010-11-07T02:30:00Z"), .members("yesterday", ["p1"]),
            .advance("2010-11-07T02:31:00Z"), .members("yesterday", ["p1"]),
            // The clock shows 23:30, but the 7th has begun; so the sale is today's past the second
            // midnight, a top of the hour at which the workflow runs.
            .sale("2010-11-07T03:00:00Z", "p1", "1"),
            .advance("2010-11-07T03:30:00Z"), .members("sold", ["p1"]),
            .advance("2010-11-08T03:29:59.999999Z"), .members("sold", ["p1"]),
            .advance("2010-11-08T03:30:00Z"), .members("sold", []),
        ],
        sends: [ExpectedSend("w", "p1", at: "2010-11-07T03:30:00Z")]
    )

    /// A date that a zone left out.
    public static let skippedDay = Example(
        name: "Apia had no 30 December 2011",
        timezone: "Pacific/Apia",
        definitionsJSON: definitions(segments: [
            segment("one", #"{"last_transition":{"days_ago":1}}"#),
            segment("two", #"{"last_transition":{"days_ago":2}}"#),
        ]),
        parts: [
            // Noon on 29 December at UTC-10; the next midnight, 10:00Z, began the 31st.
            .event("2011-12-29T22:00:00Z", "relationship.changed", "p1", #""stage":"new""#),
            .advance("2011-12-30T09:59:59.999999Z"), .members("two", []), .members("one", []),
            .advance("2011-12-30T10:00:00Z"), .members("two", ["p1"]), .members("one", []),
            .advance("2011-12-31T10:00:00Z"), .members("two", []),
        ]
    )

    /// Blocked by two, free again with one.
    public static let smallCap = Example(
        name: "A cap blocks every hour while it lasts",
        timezone: "UTC",
        definitionsJSON: definitions(
            templates: ["t"],
            segments: [segment("s", #"{"relationship_stage":{"any_of":["new"]}}"#)],
            workflows: [
                #"{"id":"w","segment":"s","do":[{"send_email":"t"}],"state":"active","cap":1}"#
            ]
        ),
        parts: [
            .address("2026-01-01T00:30:00Z", "p1"), .address("2026-01-01T00:30:00Z", "p2"),
            .event("2026-01-01T00:30:00Z", "relationship.changed", "p1", #""stage":"new""#),
            .event("2026-01-01T00:30:00Z", "relationship.changed", "p2", #""stage":"new""#),
            .event("2026-01-01T00:30:00Z", "relationship.changed", "p3", #""stage":"new""#),
            // Suppressed ones count.
            .event("2026-01-01T00:30:00Z", "email.unsubscribed", "p1"),
            .event("2026-01-01T02:00:00Z", "relationship.changed", "p1", #""stage":"expired""#),
            .advance("2026-01-01T05:00:00Z"),
        ],
        sends: [ExpectedSend("w", "p2", at: "2026-01-01T03:00:00Z")],
        runs: [
            run("w", "2026-01-01T01:00:00Z", members: 3, withAddress: 2, sent: 0, blocked: true),
            run("w", "2026-01-01T02:00:00Z", members: 3, withAddress: 2, sent: 0, blocked: true),
            run("w", "2026-01-01T03:00:00Z", members: 2, withAddress: 1, sent: 1, blocked: false),
        ]
    )

    /// Once per entry.
    public static let reentry: Example = {
        func wanted(_ stage: String) -> String {
            definitions(
                segments: [segment("s", #"{"relationship_stage":{"any_of":["\#(stage)"]}}"#)],
                workflows: [workflow("w", "s", #"{"add_tag":"seen"}"#)]
            )
        }
        func seen(_ time: String) -> Derived {
            Derived(
                type: "tag.assigned",
                partner: "p1",
                tag: "seen",
                time: Instants.parse(time) ?? 0,
                depth: 1
            )
        }
        return Example(
            name: "Once per entry; an entry by definition is no re-entry",
            timezone: "UTC",
            definitionsJSON: wanted("new"),
            parts: [
                .event("2026-01-01T00:30:00Z", "relationship.changed", "p1", #""stage":"new""#),
                .advance("2026-01-01T02:30:00Z"),
                .event("2026-01-01T02:40:00Z", "relationship.changed", "p1", #""stage":"expired""#),
                .event("2026-01-01T02:50:00Z", "relationship.changed", "p1", #""stage":"new""#),
                .advance("2026-01-01T03:30:00Z"),
                .apply(wanted("expired")), .members("s", []),
                .apply(wanted("new")), .members("s", ["p1"]),
                .advance("2026-01-01T05:30:00Z"),
            ],
            derived: [seen("2026-01-01T01:00:00Z"), seen("2026-01-01T03:00:00Z")]
        )
    }()

    /// A mailing to `count` partners at once under the default cap of 10,000.
    public static func cap(count: Int) -> Example {
        let at = "2026-01-01T00:30:00Z"
        let names = (1...count).map { "p\($0)" }
        let isBlocked = count > 10_000
        return Example(
            name: "A mailing to \(count) partners under the default cap",
            timezone: "UTC",
            definitionsJSON: definitions(
                templates: ["t"],
                segments: [segment("s", #"{"relationship_stage":{"any_of":["new"]}}"#)],
                workflows: [workflow("w", "s", email("t"))]
            ),
            parts: names.map { .address(at, $0) }
                + names.map { .event(at, "relationship.changed", $0, #""stage":"new""#) }
                + [.advance("2026-01-01T01:00:00Z"), .members("s", names)],
            sends: isBlocked
                ? [] : names.map { ExpectedSend("w", $0, at: "2026-01-01T01:00:00Z") },
            runs: [
                run(
                    "w",
                    "2026-01-01T01:00:00Z",
                    members: count,
                    withAddress: count,
                    sent: isBlocked ? 0 : count,
                    blocked: isBlocked
                )
            ]
        )
    }

    private static func run(
        _ workflow: String,
        _ at: String,
        members: Int,
        withAddress: Int,
        sent: Int,
        blocked: Bool
    ) -> Run {
        Run(
            workflow: workflow,
            at: Instants.parse(at) ?? 0,
            members: members,
            withAddress: withAddress,
            sent: sent,
            blocked: blocked
        )
    }
}
