extension ReadyTemplate {
    static let partnerReactivation = ReadyTemplate(
        name: "partner-reactivation", title: "Partner reactivation",
        summary:
            "Writes to partners who joined and then sold nothing, 10, 20 and 40 days after joining.",
        choices: [
            Choice(
                .intervals, "days after joining, a mail for each", standard: "10,20,40",
                counts: 1...12)
        ],
        make: { choices in
            let intervals = choices.numbers(.intervals)
            return Files(program: program(intervals), scenario: scenario(intervals))
        })

    private static func program(_ intervals: [Int]) -> String {
        let mails = intervals.enumerated().map { index, day in
            mail(day, isFirst: index == 0, isLast: index == intervals.count - 1)
        }
        var segments = ""
        var workflows = ""
        for (index, day) in intervals.enumerated() {
            segments += """
                  - id: reactivation-\(day)
                    name: Nothing sold \(days(day)) after joining
                    match:
                      all:
                        - relationship_stage: { any_of: [joined] }
                        - original_joined: { days_ago: \(window(day, before: intervals.dropFirst(index + 1).first)) }
                        - actions: { over: { since: original_joined }, equals: 0 }

                """
            workflows += """
                  - id: reactivate-\(day)
                    name: Reactivation after \(days(day))
                    segment: reactivation-\(day)
                    do: [{ send_email: reactivate-\(day) }]
                    state: active

                """
        }
        return program(
            "Partner reactivation",
            about: """
                Partners who joined \(days(intervals)) ago and have sold nothing since then each get a mail.
                Whoever could not be reached that day (no address, or a run blocked by its cap) has
                the next day too. Each mail goes to a partner once, also to one who joins again, and
                whoever joined longer ago when this is applied gets none.
                """,
            mails: mails,
            rules: "segments:\n\(segments)\nworkflows:\n\(workflows)")
    }

    private static func mail(_ day: Int, isFirst: Bool, isLast: Bool) -> Mail {
        let (id, name) = ("reactivate-\(day)", "Reactivation after \(days(day))")
        if isFirst {
            return Mail(
                id, name, subject: "How is it going so far?",
                .text("you joined us a little while ago, and we have not seen a first sale yet."),
                .text("Is anything in your way? Just answer this mail: a person reads it."),
                .text(
                    "What works for most: tell your audience about the one product that you would buy yourself, and why."
                ))
        }
        if isLast {
            return Mail(
                id, name, subject: "Shall we talk?",
                .text("it has been quiet since you joined, and we would like to know why."),
                .text(
                    "If the program does not fit, tell us what would. If it was just not the time yet, everything is ready whenever you are."
                ),
                .text("This is our last reminder. Just answer this mail if we can help."))
        }
        return Mail(
            id, name, subject: "Three ideas for your first sale",
            .text("here is what helped other partners to their first sale:"),
            .text("Show the product in use. A short clip does more than a banner."),
            .text(
                "Put your link where people look for it: in your profile and under your best post."),
            .text("Say what it costs and for whom it is. Honest words sell."))
    }

    private static func scenario(_ intervals: [Int]) -> String {
        var timeline = Timeline(
            "Partners who sold nothing are written to, others are not",
            program: "partner-reactivation")
        timeline.step(
            0, "15:00:00",
            why: "nora has no address; vera joined long ago, which is learned only now.",
            events: [
                Timeline.address("quinn"), Timeline.address("sam"), Timeline.address("vera"),
                Timeline.joined("quinn"), Timeline.joined("sam"), Timeline.joined("nora"),
                Timeline.joined("vera") + ", time: \(Timeline.instant(-400, "12:00:00"))",
            ])
        timeline.step(0, "16:00:00", events: [Timeline.sale("sam", "25")], sends: [])
        for day in intervals {
            timeline.step(
                day, "12:00:00",
                members: [("reactivation-\(day)", ["quinn", "nora"])],
                sends: [Timeline.send("reactivate-\(day)", "quinn", day, "00:00:00")])
        }
        if let last = intervals.last {
            timeline.step(
                last + 2, "12:00:00", members: [("reactivation-\(last)", [])], sends: [])
        }
        return timeline.file
    }
}

/// A day and the one after it, in which whoever was missed is made up for; the day alone where the
/// next mail is due on the one after.
func window(_ day: Int, before next: Int?) -> String {
    next == day + 1 ? "\(day)" : "{ from: \(day), to: \(day + 1) }"
}
