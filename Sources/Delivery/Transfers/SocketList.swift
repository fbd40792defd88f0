import Glibc
import Synchronization

/// The open sockets of a pool, so that another thread can break off whatever waits for them.
///
/// libcurl waits for a mail server's answers in places where its callbacks cannot stop it; an end of
/// the connection does.
final class SocketList: Sendable {
    private struct State {
        var sockets: [CInt] = []
        var isShut = false
    }

    private let state = Mutex(State())

    /// Whether everything is broken off.
    var isShut: Bool { state.withLock(\.isShut) }

    /// Opens a socket; nil where the system gives none or everything is broken off.
    func open(_ family: CInt, _ type: CInt, _ protocol: CInt) -> CInt? {
        state.withLock { state in
            guard !state.isShut else { return nil }
            let socket = Glibc.socket(family, type | CInt(SOCK_CLOEXEC.rawValue), `protocol`)
            guard socket >= 0 else { return nil }
            state.sockets.append(socket)
            return socket
        }
    }

    /// Closes a socket.
    func close(_ socket: CInt) {
        state.withLock { state in
            state.sockets.removeAll { $0 == socket }
            Glibc.close(socket)
        }
    }

    /// Ends all connections and opens no more.
    func shut() {
        state.withLock { state in
            state.isShut = true
            for socket in state.sockets { shutdown(socket, CInt(SHUT_RDWR)) }
        }
    }
}
