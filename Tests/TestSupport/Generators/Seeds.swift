import Foundation

/// Which random programs a property test tries: those of every change, or, for a long run, those that
/// MUSTER_SEEDS names as `FIRST..<END`.
public enum Seeds {
    /// The seeds to try, one a test case.
    public static func chosen(or usual: Range<UInt64>) -> Range<UInt64> {
        guard let text = ProcessInfo.processInfo.environment["MUSTER_SEEDS"] else { return usual }
        let ends = text.components(separatedBy: "..<").map { UInt64($0) }
        guard ends.count == 2, let first = ends[0], let end = ends[1], first < end else {
            preconditionFailure("MUSTER_SEEDS is \(text); write FIRST..<END, such as 1000..<2000")
        }
        return first..<end
    }

    /// The seeds to try, so many a test case: where there are many, or only many together show a property.
    public static func blocks(of size: UInt64, or usual: Range<UInt64>) -> [Range<UInt64>] {
        let seeds = chosen(or: usual)
        return stride(from: seeds.lowerBound, to: seeds.upperBound, by: Int(size)).map {
            $0..<min($0 + size, seeds.upperBound)
        }
    }
}
