extension ReadyTemplate {
    static let automateProspecting = ReadyTemplate(
        name: "automate-prospecting", title: "Automate your prospecting",
        summary: "Invites new prospects, follows up after 7 and 14 days in outreach, accepts "
            + "applications under a chosen term, and welcomes who joins.",
        choices: [
            Choice(
                .intervals, "days in outreach, a follow-up for each", standard: "7,14",
                counts: 1...12),
            Choice(.term, "the template term to accept", standard: "Standard"),
            Choice(.link, "where prospects sign up", standard: "https://example.com/partners/join"),
        ],
        make: { choices in
            let intervals = choices.numbers(.intervals)
            let term = choices.text(.term)
            return Files(
                program: program(intervals, term: term, link: choices.text(.link)),
                scenario: scenario(intervals, term: term))
        })

    private static func program(_ intervals: [Int], term: String, link: String) -> String {
        let invitation = Mail(
            "invitation", "Invitation", subject: "Shall we work together?",
            .text("we like what you do, and would be glad to have you as a partner."),
            .text(
                "You recommend what you like, and earn with every sale. Signing up takes minutes."),
            .link("Sign up here", to: link))
        let followUps = intervals.enumerated().map { index, day in
            followUp(day, isLast: index == intervals.count - 1, link: link)
        }
        var segments = ""
        var workflows = ""
        for (index, day) in intervals.enumerated() {
            segments += """
                  - id: outreach-\(day)
                    name: In outreach for \(days(day)) without an answer
                    match:
                      all:
                        - relationship_stage: { any_of: [outreach] }
                        - last_transition: { days_ago: \(window(day, before: intervals.dropFirst(index + 1).first)) }

                """
            workflows += """
                  - id: follow-up-\(day)
                    name: Follow-up after \(days(day))
                    segment: outreach-\(day)
                    do: [{ send_email: follow-up-\(day) }]
                    state: active

                """
        }
        return program(
            "Automate your prospecting",
            about: """
                A prospect (stage `new`) is invited at the next top of the hour. Who stays in `outreach` gets
                a follow-up after \(days(intervals)). Applications under one term are accepted by themselves, a
                second one of the same partner too, and whoever joins is welcomed. Each mail goes to a
                partner once. Who became `new` or joined two days ago or earlier gets no mail.
                """,
            mails: [invitation] + followUps + [welcomeMail],
            rules: """
                segments:
                  - id: new-prospects
                    name: New prospects of today and yesterday
                    # Not `today`: whoever becomes new after 23:00 is new "today" at no top of the hour.
                    match:
                      all:
                        - prospecting_stage: { any_of: [new] }
                        - last_transition: { last_days: 1 }
                \(segments)\
                  - id: applications
                    name: An application waits under the chosen term
                    # One contract that meets both: a partner may have others, under other terms.
                    match:
                      contract_with:
                        stage: { any_of: [awaiting_advertiser_approval] }
                        template_term: { any_of: [\(quoted(term))] }
                \(welcomeSegment)
                workflows:
                  - id: invite
                    name: Invitation
                    segment: new-prospects
                    do: [{ send_email: invitation }]
                    state: active
                \(workflows)\
                  - id: accept-applications
                    name: Accept applications
                    segment: applications
                    # Mails nothing, so it acts on every entry: on a second application too.
                    do: [{ accept_application: { template_term: { any_of: [\(quoted(term))] } } }]
                    state: active
                \(welcomeWorkflow)
                """)
    }

    private static func followUp(_ day: Int, isLast: Bool, link: String) -> Mail {
        let (id, name) = ("follow-up-\(day)", "Follow-up after \(days(day))")
        if isLast {
            return Mail(
                id, name, subject: "The door stays open",
                .text("this is our last note: we do not want to fill your inbox."),
                .text("If you would like to work with us, now or later, you are welcome."),
                .link("Sign up here", to: link))
        }
        return Mail(
            id, name, subject: "Did you see our invitation?",
            .text("we wrote to you some time ago, and mail gets lost."),
            .text("Is there anything that you would like to know first? Just answer this mail."),
            .link("Or sign up here", to: link))
    }

    private static func scenario(_ intervals: [Int], term: String) -> String {
        var timeline = Timeline(
            "From the first invitation to the welcome", program: "automate-prospecting")
        timeline.step(
            0, "15:30:00", why: "vera has been new for long, which is learned only now.",
            events: ["ada", "ben", "cleo", "vera"].map(Timeline.address) + [
                Timeline.stage("ada", "new"),
                Timeline.stage("vera", "new")
                    + ", time: \(Timeline.instant(-400, "12:00:00"))",
            ])
        timeline.step(
            0, "23:30:00", why: "ben is new after the day's last top of the hour.",
            events: [Timeline.stage("ben", "new")],
            sends: [Timeline.send("invite", "ada", 0, "16:00:00")])
        timeline.step(
            1, "09:15:00",
            events: [Timeline.stage("ada", "outreach"), Timeline.stage("ben", "outreach")],
            members: [("new-prospects", [])],
            sends: [Timeline.send("invite", "ben", 1, "00:00:00")])
        for (index, day) in intervals.enumerated() {
            timeline.step(
                1 + day, "12:00:00", why: index == 0 ? "Both are in outreach since day 1." : nil,
                members: [("outreach-\(day)", ["ada", "ben"])],
                sends: ["ada", "ben"].map {
                    Timeline.send("follow-up-\(day)", $0, 1 + day, "00:00:00")
                })
        }
        let day = (intervals.last ?? 0) + 5
        timeline.step(
            day, "10:15:00", why: "Under another term nothing is accepted.",
            events: [
                Timeline.application("ada", "first", term: term),
                Timeline.application("ben", "first", term: term + " (other)"),
            ],
            members: [("applications", ["ada"])], sends: [])
        timeline.step(
            day, "12:00:00", members: [("applications", []), ("just-joined", ["ada"])],
            sends: [Timeline.send("welcome", "ada", day, "12:00:00")])
        timeline.step(
            day + 9, "10:15:00", why: "A second application is accepted, and welcomed once.",
            events: [Timeline.application("ada", "second", term: term)],
            members: [("applications", ["ada"])])
        timeline.step(day + 9, "11:00:00", members: [("applications", [])], sends: [])
        return timeline.file
    }
}
