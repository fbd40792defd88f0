import Glibc
import Testing
import Threads

/// One piece of work at a time, on a thread of its own.
@Suite struct WorkerTests {
    @Test("outputs come in the order of the work")
    func order() {
        let worker = Worker<Int>()
        for number in 0..<1_000 {
            worker.start { number * 2 }
            #expect(worker.isUsed)
            #expect(worker.finish() == number * 2)
        }
    }

    @Test("without work there is nothing to wait for")
    func nothing() {
        let worker = Worker<Int>()
        #expect(worker.finish() == nil)
        #expect(!worker.isBusy)
        worker.start { 1 }
        #expect(worker.finish() == 1)
        #expect(worker.finish() == nil)
    }

    @Test("it is busy until the work is done, and its owner goes on meanwhile")
    func busy() {
        let worker = Worker<Int>()
        let gate = Gate()
        worker.start {
            gate.wait()
            return 7
        }
        #expect(worker.isBusy)
        gate.open()
        #expect(worker.finish() == 7)
        #expect(!worker.isBusy)
    }

    @Test("what the work held is its owner's alone again")
    func unique() {
        let worker = Worker<Int>()
        for _ in 0..<1_000 {
            var held = Held()
            worker.start { [held] in held.number }
            _ = worker.finish()
            #expect(isKnownUniquelyReferenced(&held))
        }
    }

    @Test("who lets go of it waits for the end of its work")
    func end() {
        let gate = Gate()
        var worker: Worker<Void>? = Worker()
        worker?.start { gate.open() }
        worker = nil
        #expect(gate.isOpen)
    }

    @Test("signals from outside go to others, its own faults to whoever handles them")
    func signals() {
        let worker = Worker<[Bool]>()
        worker.start {
            var blocked = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &blocked)
            let numbers = [SIGTERM, SIGINT, SIGSEGV, SIGBUS, SIGABRT]
            return numbers.map { sigismember(&blocked, $0) == 1 }
        }
        #expect(worker.finish() == [true, true, false, false, false])
    }

    private final class Held: Sendable {
        let number = 5
    }

    /// Something to wait for.
    private final class Gate: @unchecked Sendable {
        private let monitor = Monitor()
        private let changed: Monitor.Condition
        private var opened = false

        init() {
            changed = Monitor.Condition(monitor)
        }

        var isOpen: Bool { monitor.locked { opened } }

        func wait() {
            monitor.locked { while !opened { changed.wait() } }
        }

        func open() {
            monitor.locked {
                opened = true
                changed.broadcast()
            }
        }
    }
}
