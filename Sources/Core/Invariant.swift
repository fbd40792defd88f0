/// Ends the process where the program itself is wrong, which no input can bring about.
///
/// Unlike `precondition`, whose words an optimized build leaves out, it says what is.
@inlinable
@inline(__always)
public func invariant(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds { fatalError(words()) }
}
