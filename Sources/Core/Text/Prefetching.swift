public import CPrefetch

extension Array {
    /// Begins to load an element into the processor's cache, so that looking at it soon does not wait for
    /// memory; does nothing where there is no such element.
    @inlinable
    @inline(__always)
    public func prefetch(_ index: Int) {
        guard indices.contains(index) else { return }
        withUnsafeBufferPointer { elements in
            let bytes = UnsafeRawPointer(elements.baseAddress.unsafelyUnwrapped + index)
            var offset = 0
            while offset < MemoryLayout<Element>.size {
                muster_prefetch(bytes + offset)
                offset += 64
            }
        }
    }
}
