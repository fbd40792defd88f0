/// Greedy shrinking of a list that fails a check: first halves, then quarters, down to single
/// elements, again and again until nothing more can be left out.
///
/// - Parameters:
///   - elements: A list for which `fails` is true.
///   - triesMax: How often `fails` may be asked; what has been reached by then is returned.
///   - fails: Whether the fault still shows. It must give the same answer for the same list.
/// - Returns: A list in the same order for which `fails` is true, as short as was found.
public func shrink<Element>(
    _ elements: [Element],
    triesMax: Int = 5_000,
    fails: ([Element]) -> Bool
) -> [Element] {
    var smallest = elements
    var tries = 0
    var chunk = max(1, smallest.count / 2)
    while true {
        var start = 0
        var hasShrunk = false
        while start < smallest.count {
            guard tries < triesMax else { return smallest }
            tries += 1
            let end = min(start + chunk, smallest.count)
            let candidate = Array(smallest[..<start] + smallest[end...])
            if fails(candidate) {
                smallest = candidate
                hasShrunk = true
            } else {
                start = end
            }
        }
        if chunk > 1 {
            chunk /= 2
        } else if !hasShrunk {
            return smallest
        }
    }
}
