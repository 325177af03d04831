const MAX_BYTES = 1024 * 1024; // queued in the socket; security #7
const MAX_PACKETS = 2_000; // queued above it while the transport is not writable

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined;

/**
 * Whether a client has stopped reading, seen from its Engine.IO connection. Socket.IO has no cap of its own: one such
 * client once took a server from 62 to 659 MB in eight seconds (socketio/engine.io#420). Both figures are internals,
 * `writeBuffer` of the connection and `bufferedAmount` of its WebSocket, so the version is pinned and a test watches.
 */
export function isTooSlow(connection: unknown): boolean {
  const packets = member(connection, 'writeBuffer');
  if (Array.isArray(packets) && packets.length > MAX_PACKETS) return true;
  const queued = member(member(member(connection, 'transport'), 'socket'), 'bufferedAmount');
  return typeof queued === 'number' && queued > MAX_BYTES;
}
