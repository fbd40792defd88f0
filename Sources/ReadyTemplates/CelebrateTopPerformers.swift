extension ReadyTemplate {
    /// The days in which each of the two amounts has to be reached.
    private static let days = [30, 60]

    static let celebrateTopPerformers = ReadyTemplate(
        name: "celebrate-top-performers", title: "Celebrate top performers",
        summary:
            "Congratulates partners on sales of at least 1,000 within 30 days, and of at least "
            + "10,000 within 60.",
        choices: [
            Choice(
                .amounts, "what has to be reached within 30 days, and within 60",
                standard: "1000,10000", counts: 2...2)
        ],
        make: { choices in
            let targets = Array(zip(choices.numbers(.amounts), days))
            return Files(program: program(targets), scenario: scenario(targets))
        })

    private static func program(_ targets: [(amount: Int, days: Int)]) -> String {
        var mails: [Mail] = []
        var segments = ""
        var workflows = ""
        for (amount, days) in targets {
            let words = "\(grouped(amount)) in \(days) days"
            mails.append(
                days == targets.first?.days
                    ? Mail(
                        "top-\(amount)", words, subject: "\(grouped(amount)) reached. Well done!",
                        .text(
                            "you have sold for at least \(grouped(amount)) within \(days) days. Well done!"
                        ),
                        .text("You are among our top performers now, and we have noticed."),
                        .text("What can we do to keep it going? Just answer this mail."))
                    : Mail(
                        "top-\(amount)", words, subject: "\(grouped(amount)): you are at the top",
                        .text(
                            "at least \(grouped(amount)) within \(days) days: very few partners get there."
                        ),
                        .text(
                            "We would like to thank you in person, and to plan what comes next with you."
                        ),
                        .text("When would be a good time to talk? Just answer this mail.")))
            segments += """
                  - id: top-\(amount)
                    name: At least \(words)
                    # Today's \(days) days or yesterday's: a target reached at 23:30 is not lost at midnight,
                    # when an old sale falls out of the window before the next top of the hour.
                    match:
                      all:
                        - relationship_stage: { any_of: [joined] }
                        - any:
                            - revenue: { over: { last_days: \(days) }, at_least: \(amount) }
                            - revenue: { over: { days_ago: { from: 1, to: \(days + 1) } }, at_least: \(amount) }

                """
            workflows += """
                  - id: celebrate-top-\(amount)
                    name: Celebrate \(words)
                    segment: top-\(amount)
                    do: [{ send_email: top-\(amount) }]
                    state: active

                """
        }
        return program(
            "Celebrate top performers",
            about: """
                Partners who sold for at least \(targets.map { "\(grouped($0.amount)) within \($0.days) days" }.joined(separator: ", or ")) are
                congratulated at the next top of the hour, once for each target. Amounts are in the
                program's currency; what was taken back does not count. Who has reached a target
                already when this is applied is congratulated too.
                """,
            mails: mails,
            rules: "segments:\n\(segments)\nworkflows:\n\(workflows)")
    }

    private static func scenario(_ targets: [(amount: Int, days: Int)]) -> String {
        var timeline = Timeline(
            "Targets are reached exactly, or not", program: "celebrate-top-performers")
        let (low, lowDays) = (targets.first?.amount ?? 0, targets.first?.days ?? 0)
        let (high, highDays) = (targets.last?.amount ?? 0, targets.last?.days ?? 0)
        let names = ["ada", "ben", "cleo", "dora"]
        timeline.step(
            0, "09:10:00", why: "One millionth is missing to ben; dora's sale will be taken back.",
            events: names.map(Timeline.address) + names.map(Timeline.joined) + [
                Timeline.sale("ada", "\(high)"), Timeline.sale("ben", "\(low - 1).999999"),
                Timeline.sale("cleo", "\(low - 1).5"), Timeline.sale("dora", "\(low)"),
            ],
            members: [("top-\(low)", ["ada", "dora"]), ("top-\(high)", ["ada"])])
        timeline.step(
            0, "09:50:00",
            events: [
                Timeline.sale("ben", "0.000001"),
                "type: action.reversed, partner: dora, amount: \(low)",
            ],
            members: [("top-\(low)", ["ada", "ben"])], sends: [])
        timeline.step(
            0, "10:00:00",
            sends: [
                Timeline.send("celebrate-top-\(low)", "ada", 0, "10:00:00"),
                Timeline.send("celebrate-top-\(high)", "ada", 0, "10:00:00"),
                Timeline.send("celebrate-top-\(low)", "ben", 0, "10:00:00"),
            ])
        timeline.step(
            lowDays, "23:30:00", why: "In the last half hour in which cleo's first sale counts.",
            events: [Timeline.sale("cleo", "0.5")],
            members: [("top-\(low)", ["ada", "ben", "cleo"])], sends: [])
        timeline.step(
            lowDays + 1, "00:00:00",
            sends: [Timeline.send("celebrate-top-\(low)", "cleo", lowDays + 1, "00:00:00")])
        timeline.step(
            highDays + 2, "00:00:00", members: [("top-\(high)", [])], sends: [])
        return timeline.file
    }
}
