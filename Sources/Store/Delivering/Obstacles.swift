import Core
import Engine

/// Why sends of workflows and automations are held: those that are not active mail nobody (SPEC 10).
struct Obstacles {
    private let catalog: Catalog
    private var known: [SourceNumber: Name?] = [:]

    /// Looks at the definitions that come last in a catalog.
    init(_ catalog: Catalog) {
        self.catalog = catalog
    }

    /// Why a workflow's or automation's sends are held; nil where they are not.
    mutating func obstacle(_ number: SourceNumber) throws -> Name? {
        if let known = known[number] { return known }
        let source = try catalog.source(number)
        let obstacle: Name? =
            switch try catalog.latest(source.kind, source.id) {
            case .workflow(let workflow) where workflow.state == .active: nil
            case .automation(let automation) where automation.state == .active: nil
            case nil: Name("its \(source.kind.word) is retired")
            default: Name("its \(source.kind.word) is not active")
            }
        known[number] = .some(obstacle)
        return obstacle
    }

    /// What became of a send, told as of now: one that was held when it was last looked at may be free again.
    mutating func current(_ delivery: Delivery?, of number: SourceNumber) throws -> Delivery? {
        guard var delivery, delivery.status == .held else { return delivery }
        delivery.detail = try obstacle(number) ?? ""
        return delivery
    }
}
